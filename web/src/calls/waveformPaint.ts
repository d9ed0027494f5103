/** Paints two voices over time on a canvas: patient above the middle line, our side below. Pure drawing: no state is kept. */

import type { Waveform } from '../shared/types'
import type { Mark } from './eventWords'

const COLOURS = { left: '#0f766e', right: '#1d4ed8', dim: 0.35, line: '#d5dde0', mark: '#b45309', head: '#1c2a2f' }

/** The loudest peak of each of `columns` equal parts. */
export function columnsOf(peaks: number[], columns: number): number[] {
  const result = new Array<number>(columns).fill(0)
  peaks.forEach((peak, index) => {
    const column = Math.min(columns - 1, Math.floor((index * columns) / peaks.length))
    result[column] = Math.max(result[column] ?? 0, peak)
  })
  return result
}

interface Scene {
  wave: Waveform
  marks: Mark[]
  at: number
  duration: number
}

function lane(brush: CanvasRenderingContext2D, peaks: number[], top: number, height: number, played: number): void {
  const step = 3
  const columns = Math.max(1, Math.floor(brush.canvas.clientWidth / step))
  columnsOf(peaks, columns).forEach((peak, index) => {
    const size = Math.max(1, peak * height)
    brush.globalAlpha = index / columns <= played ? 1 : COLOURS.dim
    brush.fillRect(index * step, top + (height - size) / 2, step - 1, size)
  })
  brush.globalAlpha = 1
}

export function paint(canvas: HTMLCanvasElement, scene: Scene): void {
  const brush = canvas.getContext('2d')
  if (brush === null) return
  const [width, height] = [canvas.clientWidth, canvas.clientHeight]
  const ratio = window.devicePixelRatio || 1
  canvas.width = width * ratio
  canvas.height = height * ratio
  brush.scale(ratio, ratio)
  const half = height / 2
  const played = scene.duration > 0 ? scene.at / scene.duration : 0
  brush.fillStyle = COLOURS.left
  lane(brush, scene.wave.left, 4, half - 8, played)
  brush.fillStyle = COLOURS.right
  lane(brush, scene.wave.right, half + 4, half - 8, played)
  brush.fillStyle = COLOURS.line
  brush.fillRect(0, half, width, 1)
  brush.fillStyle = COLOURS.mark
  for (const mark of scene.marks) brush.fillRect((mark.at / Math.max(scene.duration, 0.1)) * width, 0, 1.5, height)
  brush.fillStyle = COLOURS.head
  brush.fillRect(played * width, 0, 2, height)
}
