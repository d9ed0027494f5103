/** In which order things stand in the navigation. Pure. */

import type { Thing } from './thing'

/** The thing of the same group that this one cannot be without: a telephone number without its patient. */
export function leaderOf(thing: Thing, things: Thing[]): Thing | undefined {
  const needed = thing.fields.filter((field) => field.kind === 'ref' && field.required && field.resource !== thing.name).map((field) => field.resource)
  return things.find((one) => one.name !== thing.name && needed.includes(one.name))
}

/** Each thing is followed by what belongs to it. */
export function leadersFirst(things: Thing[]): Thing[] {
  const placed = new Set<Thing>()
  function place(thing: Thing): void {
    if (placed.has(thing)) return
    placed.add(thing)
    things.filter((one) => leaderOf(one, things) === thing).forEach(place)
  }
  things.filter((thing) => leaderOf(thing, things) === undefined).forEach(place)
  things.forEach(place)
  return [...placed]
}

export interface Family {
  leader: Thing
  followers: Thing[]
}

/** The same order, as what stands by itself and what belongs to it, however far down. */
export function families(things: Thing[]): Family[] {
  const found: Family[] = []
  for (const thing of leadersFirst(things)) {
    const last = found.at(-1)
    if (last && leaderOf(thing, things) !== undefined) last.followers.push(thing)
    else found.push({ leader: thing, followers: [] })
  }
  return found
}
