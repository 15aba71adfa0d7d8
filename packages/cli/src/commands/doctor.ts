/**
 * `heap-edge doctor`
 * @module
 */
import { styleText } from 'node:util'
import type { CommandDef } from 'citty'
import { command } from '../command.ts'
import { type Finding, examine } from '../doctor.ts'
import { EXIT, type ExitCode } from '../failure.ts'

const SIGNS = { well: ['green', '✓'], note: ['yellow', '!'], wrong: ['red', '✗'], unreachable: ['red', '✗'] } as const

export const doctorCommand: CommandDef = command(
  { name: 'doctor', description: 'Look at the settings, and whether Heap or the proxy takes them' },
  {},
  async ({ settings, output }) => {
    const findings: Finding[] = []
    for await (const finding of examine(settings)) findings.push(finding)
    const lines = findings.map(({ state, says }) => {
      const [colour, sign] = SIGNS[state]
      return `${process.stdout.isTTY ? styleText(colour, sign) : sign} ${says}`
    })
    output.result({ well: codeOf(findings) === EXIT.ok, findings }, lines.join('\n'))
    return codeOf(findings)
  },
)

function codeOf(findings: readonly Finding[]): ExitCode {
  if (findings.some(({ state }) => state === 'wrong')) return EXIT.input
  return findings.some(({ state }) => state === 'unreachable') ? EXIT.again : EXIT.ok
}
