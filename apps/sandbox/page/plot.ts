/**
 * The request rate against the limit.
 * @module
 */
import uPlot from 'uplot'
import type { Rate } from '../src/types.ts'
import { byId } from './dom.ts'

const HEIGHT = 190
const FONT = '12px system-ui, sans-serif'

/** A design token as a colour that a canvas understands. */
function colour(token: string): string {
  const probe = byId('plot')
  probe.style.color = `var(${token})`
  const value = getComputedStyle(probe).color
  probe.style.color = ''
  return value
}

/** One colour up to the limit, another one above it. */
function split(plot: uPlot, limit: number, below: string, above: string): CanvasGradient | string {
  const { top, height } = plot.bbox
  const share = (plot.valToPos(limit, 'y', true) - top) / height
  if (!Number.isFinite(share) || height === 0) return below
  const gradient = plot.ctx.createLinearGradient(0, top, 0, top + height)
  const at = Math.min(1, Math.max(0, share))
  for (const [offset, value] of [
    [0, above],
    [at, above],
    [at, below],
    [1, below],
  ] as const) {
    gradient.addColorStop(offset, value)
  }
  return gradient
}

function create(limit: number, width: number): uPlot {
  const text = colour('--muted')
  const grid = { stroke: colour('--border'), width: 1 }
  const accent = colour('--accent')
  const danger = colour('--danger')
  const soft = colour('--accent-soft')
  const dangerSoft = colour('--danger-soft')
  const options: uPlot.Options = {
    width,
    height: HEIGHT,
    // Room for the last label of the x axis.
    padding: [8, 32, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, max) => [0, Math.max(limit + 6, max * 1.15)] } },
    axes: [
      {
        stroke: text,
        font: FONT,
        grid: { show: false },
        ticks: { show: false },
        values: '{HH}:{mm}:{ss}',
        space: 72,
        size: 28,
      },
      { stroke: text, font: FONT, grid, ticks: { show: false }, size: 36, incrs: [10, 20, 50, 100, 500, 1000, 5000] },
    ],
    series: [
      {},
      {
        stroke: (plot) => split(plot, limit, accent, danger),
        fill: (plot) => split(plot, limit, soft, dangerSoft),
        width: 2,
        points: { show: false },
      },
      { stroke: danger, width: 1, dash: [6, 4], points: { show: false } },
    ],
    hooks: {
      draw: [
        (plot) => {
          const { ctx, bbox } = plot
          const unit = devicePixelRatio
          ctx.save()
          ctx.font = `${12 * unit}px system-ui, sans-serif`
          ctx.fillStyle = danger
          ctx.textAlign = 'left'
          ctx.fillText(`limit ${limit}`, bbox.left + 4 * unit, plot.valToPos(limit, 'y', true) - 5 * unit)
          ctx.restore()
        },
      ],
    },
  }
  return new uPlot(options, [[], [], []], byId('plot'))
}

/** Draws the plot, and draws it again with each new rate, width or colour scheme. */
export function startPlot(): (rate: Rate) => void {
  const host = byId('plot')
  let plot: uPlot | undefined
  let latest: Rate | undefined

  function draw(): void {
    if (!latest || host.clientWidth === 0) return
    plot ??= create(latest.limit, host.clientWidth)
    const until = Date.parse(latest.until) / 1000
    const values = latest.per_second
    const seconds = values.map((_, index) => until - values.length + 1 + index)
    plot.setData([seconds, values, values.map(() => latest?.limit ?? 0)])
  }

  new ResizeObserver(() => {
    if (plot && host.clientWidth > 0) plot.setSize({ width: host.clientWidth, height: HEIGHT })
  }).observe(host)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    plot?.destroy()
    plot = undefined
    draw()
  })

  return (rate) => {
    latest = rate
    const peak = Math.max(...rate.per_second)
    host.setAttribute(
      'aria-label',
      `${rate.busiest?.requests ?? 0} of ${rate.limit} now; at most ${peak} in the last ${rate.per_second.length / 60} minutes`,
    )
    draw()
  }
}
