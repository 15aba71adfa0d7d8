import { type ArgsDef, type CommandDef, runCommand } from 'citty'
import { describe, expect, it } from 'vitest'
import { checkFlags, checkFront } from './strict.ts'

const flags: ArgsDef = {
  file: { type: 'positional', required: false },
  yes: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  report: { type: 'string' },
}
const users: CommandDef = {
  args: flags,
  run: ({ args, rawArgs }) => checkFlags(rawArgs, args, flags),
}
const commands = { import: { subCommands: { users } }, delete: users }

async function look(line: string): Promise<void> {
  const rawArgs = line.split(' ').filter((arg) => arg !== '')
  checkFront(rawArgs, commands)
  await runCommand({ subCommands: commands }, { rawArgs })
}

describe('arguments', () => {
  it.each([
    'import users f --yes --dry-run --report r',
    'import users --yes=true f --dry-run=false',
    'import users f --no-yes --dry-run',
    'delete --report=-r -- --yes',
    'delete --report -',
  ])('are taken: %s', async (line) => {
    await expect(look(line)).resolves.toBeUndefined()
  })

  it.each([
    ['import --dry-run users f', '--dry-run stands in front of the command: flags go after its last word'],
    ['--dry-run delete f', 'as in heap-edge … --dry-run'],
    ['--report=secret import users f', '--report stands in front'],
    ['-n import users f', '-n stands in front'],
    ['-- import users f', '-- stands in front'],
    ['import -- users f', '-- stands in front'],
    ['delete f --yes=no', '--yes takes no value but true and false'],
    ['delete f --yes=0', '--yes takes no value'],
    ['delete f --yes=', '--yes takes no value'],
    ['delete f --dry-run --no-dry-run', '--dry-run takes no value'],
    ['delete f --dryRun', 'There is no flag --dryRun'],
    ['delete f --report --no-yes x', '--report needs a value'],
    ['delete f --no-yes=x', 'There is no flag --no-yes'],
    ['delete f --report --dry-run', '--report needs a value'],
    ['delete f --report', '--report needs a value'],
    ['delete f --report=', '--report needs a value'],
    ['delete f --no-report', 'There is no flag --no-report'],
    ['delete f --nonsense', 'There is no flag --nonsense'],
    ['delete f -dry-run', 'There is no flag --'],
    ['delete f -- --dry-run', 'There are more arguments'],
  ])('are refused: %s', async (line, told) => {
    await expect(look(line)).rejects.toThrow(told)
  })
})
