/** What is seen of the drawing: where the first look falls, how far to move until something is in sight. Pure but for the person's wish for stillness. */

import type { Spot } from './types'

interface Size {
  width: number
  height: number
}
type Box = Spot & Size
type View = Spot & { zoom: number }

const EDGE = 24
const READABLE = 0.6
const BEGINNING = 0.72
/** Below it lie the tools and the overview. */
const FOOT = 56

/** How far the drawing moves until `what` is seen whole; what is larger than the frame is seen from its beginning. */
export function wayInto(what: Box, view: View, frame: Size): Spot {
  const along = (from: number, length: number, room: number): number => {
    const [start, end] = [EDGE, room - EDGE]
    if (from >= start && from + length <= end) return 0
    return from < start || length > end - start ? start - from : end - from - length
  }
  return {
    x: along(what.x * view.zoom + view.x, what.width * view.zoom, frame.width),
    y: along(what.y * view.zoom + view.y, what.height * view.zoom, frame.height),
  }
}

/** The whole flow when it can be read, else its start at the left and what follows it. */
export function firstView(all: Box, start: Spot | undefined, frame: Size): View {
  const room = { width: frame.width - 2 * EDGE, height: frame.height - EDGE - FOOT }
  const zoom = Math.min(1, room.width / all.width, room.height / all.height)
  if (zoom >= READABLE || start === undefined) return { zoom, x: EDGE + (room.width - all.width * zoom) / 2 - all.x * zoom, y: EDGE + (room.height - all.height * zoom) / 2 - all.y * zoom }
  const above = Math.min((start.y - all.y) * BEGINNING, room.height / 3)
  return { zoom: BEGINNING, x: EDGE - start.x * BEGINNING, y: EDGE + above - start.y * BEGINNING }
}

/** Milliseconds a move of the drawing may take; none for who wants no motion. */
export function glide(ms: number): number {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : ms
}
