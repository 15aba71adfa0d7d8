/**
 * What the plots of our pages have in common: they fill an element, and follow its width and the colour scheme.
 * @module
 */
import type uPlot from 'uplot'

export const FONT = '12px system-ui, sans-serif'

/** A design token as a colour that a canvas understands. */
export type Colour = (token: string) => string

/** A horizontal axis with times, and a vertical one; more of the vertical one can be said. */
export function axes(colour: Colour, vertical: uPlot.Axis = {}): uPlot.Axis[] {
  const look = { stroke: colour('--muted'), font: FONT, ticks: { show: false } }
  return [
    { ...look, grid: { show: false }, space: 72, size: 28 },
    { ...look, grid: { stroke: colour('--border'), width: 1 }, size: 36, ...vertical },
  ]
}

/**
 * A plot in an element. It is made when there is something to draw, and made anew when the colours change.
 *
 * @returns draws these data
 */
export function plotIn(
  host: HTMLElement,
  height: number,
  create: (width: number, colour: Colour) => uPlot,
): (data: uPlot.AlignedData) => void {
  let plot: uPlot | undefined
  let latest: uPlot.AlignedData | undefined

  const colour: Colour = (token) => {
    host.style.color = `var(${token})`
    const value = getComputedStyle(host).color
    host.style.color = ''
    return value
  }
  const draw = () => {
    if (!latest || host.clientWidth === 0) return
    plot ??= create(host.clientWidth, colour)
    plot.setData(latest)
  }
  new ResizeObserver(() => {
    if (host.clientWidth === 0) return
    if (plot) plot.setSize({ width: host.clientWidth, height })
    else draw()
  }).observe(host)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    plot?.destroy()
    plot = undefined
    draw()
  })

  return (data) => {
    latest = data
    draw()
  }
}
