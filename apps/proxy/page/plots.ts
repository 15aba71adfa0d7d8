/**
 * The two plots over time, and their legends: the value below the pointer, or that of the whole range.
 * @module
 */
import { byId, make } from '@heap-edge/page/dom'
import { axes, type Colour, plotIn } from '@heap-edge/page/plot'
import uPlot from 'uplot'
import type { Range, Series } from '../src/metrics/types.ts'

interface Line {
  field: 'accepted' | 'delivered' | 'queued' | 'refused' | 'p50' | 'p99'
  label: string
  colour: 'accent' | 'good' | 'warn' | 'danger'
  /** The area below it is filled. */
  filled?: boolean
}

interface Plot {
  /** Of its elements: `<id>-plot` and `<id>-legend`. */
  id: 'records' | 'latency'
  lines: readonly Line[]
  /** A value for people to read. */
  format: (value: number) => string
  /** What the legend shows of all steps. */
  whole: (series: Series, field: Line['field']) => number | null
  vertical: uPlot.Axis
  /** What is drawn of the values. */
  drawn: (values: readonly (number | null)[]) => (number | null)[]
}

const HEIGHT = 190

/** Room for a label of the x axis, in px. */
const LABEL = 72

const compact = new Intl.NumberFormat('en', { notation: 'compact' })

const RECORDS: Plot = {
  id: 'records',
  lines: [
    { field: 'accepted', label: 'Accepted', colour: 'accent', filled: true },
    { field: 'delivered', label: 'Delivered', colour: 'good' },
    { field: 'queued', label: 'Queued', colour: 'warn' },
    { field: 'refused', label: 'Refused', colour: 'danger' },
  ],
  format: (value) => value.toLocaleString('en'),
  whole: (series, field) => series[field].reduce<number>((sum, value) => sum + (value ?? 0), 0),
  vertical: { size: 48, values: (_, ticks) => ticks.map((tick) => compact.format(tick)) },
  drawn: withoutZeros,
}

const LATENCY: Plot = {
  id: 'latency',
  lines: [
    { field: 'p50', label: 'p50', colour: 'accent' },
    { field: 'p99', label: 'p99', colour: 'warn' },
  ],
  format: millis,
  whole: ({ whole }, field) => (field === 'p50' || field === 'p99' ? whole[field] : null),
  vertical: { size: 56, values: (_, ticks) => inOneUnit(ticks) },
  drawn: (values) => [...values],
}

const TIMES: Record<Range, string> = { hour: '{HH}:{mm}', day: '{HH}:{mm}', week: '{WWW} {D}' }
const STEPS: Record<Range, string> = { hour: 'per 10 s', day: 'per minute', week: 'per 10 min' }

/** A time for people to read. */
export function millis(ms: number): string {
  if (ms >= 10_000) return `${Math.round(ms / 1000)} s`
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`
  return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`
}

/** The times of an axis. */
function inOneUnit(ticks: readonly number[]): string[] {
  const isLong = Math.max(...ticks) >= 1000
  return ticks.map((ms) => (isLong ? `${ms / 1000} s` : `${ms} ms`))
}

/** Draws figures, and draws them again with each new width or colour scheme. */
export function startPlots(): (series: Series) => void {
  const draws = [RECORDS, LATENCY].map(start)
  return (series) => {
    for (const draw of draws) draw(series)
  }
}

function start({ id, lines, format, whole, vertical, drawn }: Plot): (series: Series) => void {
  const legend = byId(`${id}-legend`)
  const host = byId(`${id}-plot`)
  let latest: Series | undefined

  const values = lines.map(() => make('b', ''))
  const when = make('li', 'when')
  legend.append(
    ...lines.map(({ label, colour }, index) => make('li', `line-${colour}`, `${label} `, values[index] ?? '')),
    when,
  )
  const showLegend = (at?: number | null) => {
    if (!latest) return
    const isOver = typeof at === 'number'
    for (const [index, { field }] of lines.entries()) {
      const value = isOver ? (latest[field][at] ?? null) : whole(latest, field)
      const text = value === null ? '–' : format(value)
      const element = values[index]
      if (element && element.textContent !== text) element.textContent = text
    }
    const time = isOver ? new Date((latest.from + at * latest.step_s) * 1000).toLocaleString() : ''
    when.textContent = isOver ? `${time}, ${STEPS[latest.range]}` : STEPS[latest.range]
  }

  const create = (width: number, colour: Colour) => {
    const [times = {}, amounts = {}] = axes(colour, vertical)
    // One label a day, where there are days.
    const space = () => (latest?.range === 'week' ? Math.max(LABEL, host.clientWidth / 9) : LABEL)
    return new uPlot(
      {
        width,
        height: HEIGHT,
        // Room for the last label of the x axis.
        padding: [8, 24, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
        scales: { y: { range: (_, __, max) => [0, Math.max(max ?? 0, id === 'records' ? 5 : 10) * 1.1] } },
        axes: [{ ...times, space, values: (_, ticks) => labels(ticks, latest?.range ?? 'hour') }, amounts],
        series: [
          {},
          ...lines.map(({ colour: name, filled }): uPlot.Series => ({
            stroke: colour(`--${name}`),
            ...(filled && { fill: colour('--accent-soft') }),
            width: 2,
            points: { show: id === 'latency', size: 4, fill: colour(`--${name}`) },
          })),
        ],
        hooks: { setCursor: [({ cursor: { idx, left } }) => showLegend((left ?? -1) >= 0 ? idx : undefined)] },
      },
      [[], ...lines.map(() => [])],
      host,
    )
  }
  const draw = plotIn(host, HEIGHT, create)

  return (series) => {
    latest = series
    const { from, step_s } = series
    const times = series.accepted.map((_, index) => from + index * step_s)
    draw([times, ...lines.map(({ field }) => drawn(series[field]))])
    showLegend()
    const told = lines.map(({ field, label }) => {
      const value = whole(series, field)
      return `${label} ${value === null ? 'nothing' : format(value)}`
    })
    host.setAttribute('aria-label', told.join(', '))
  }
}

/** A line along the bottom says nothing, and hides others: of zeros only the ends are drawn. */
function withoutZeros(values: readonly (number | null)[]): (number | null)[] {
  return values.map((value, index) => (value || values[index - 1] || values[index + 1] ? (value ?? null) : null))
}

function labels(ticks: number[], range: Range): string[] {
  const format = uPlot.fmtDate(TIMES[range])
  return ticks.map((tick) => format(new Date(tick * 1000)))
}
