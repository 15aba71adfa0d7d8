/**
 * The request rate against the limit.
 * @module
 */
import { byId } from '@heap-edge/page/dom'
import { axes, type Colour, FONT, plotIn } from '@heap-edge/page/plot'
import uPlot from 'uplot'
import type { Rate } from '../src/types.ts'

const HEIGHT = 190

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

function create(limit: number, width: number, colour: Colour): uPlot {
  const accent = colour('--accent')
  const danger = colour('--danger')
  const soft = colour('--accent-soft')
  const dangerSoft = colour('--danger-soft')
  const [times = {}, rates = {}] = axes(colour, { incrs: [10, 20, 50, 100, 500, 1000, 5000] })
  const options: uPlot.Options = {
    width,
    height: HEIGHT,
    // Room for the last label of the x axis.
    padding: [8, 32, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, max) => [0, Math.max(limit + 6, max * 1.15)] } },
    axes: [{ ...times, values: '{HH}:{mm}:{ss}' }, rates],
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
          ctx.font = FONT.replace('12px', `${12 * unit}px`)
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
  let limit = 0
  const draw = plotIn(host, HEIGHT, (width, colour) => create(limit, width, colour))

  return (rate) => {
    ;({ limit } = rate)
    const until = Date.parse(rate.until) / 1000
    const values = rate.per_second
    const seconds = values.map((_, index) => until - values.length + 1 + index)
    const peak = Math.max(...values)
    host.setAttribute(
      'aria-label',
      `${rate.busiest?.requests ?? 0} of ${limit} now; at most ${peak} in the last ${values.length / 60} minutes`,
    )
    draw([seconds, values, values.map(() => limit)])
  }
}
