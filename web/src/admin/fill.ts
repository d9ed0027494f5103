/** Which lists of other things can be filled from a thing's list. Pure. */

import type { RelatedMeta, Thing } from './thing'

export interface Place {
  thing: Thing
  related: RelatedMeta
}

/** Only where this person may add to the list. */
export function fillable(source: Thing, things: Thing[]): Place[] {
  const may = (related: RelatedMeta): boolean => things.some((one) => one.name === related.resource && one.allowed.includes('add'))
  return things.flatMap((thing) => thing.related.filter((related) => (related.sources ?? []).includes(source.name) && may(related)).map((related) => ({ thing, related })))
}
