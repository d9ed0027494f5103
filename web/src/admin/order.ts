/** In which order things stand in the navigation. Pure. */

import type { Thing } from './meta'

/** What others of the group belong to comes first. */
export function leadersFirst(things: Thing[]): Thing[] {
  const names = new Set(things.map((one) => one.name))
  const belongs = (thing: Thing): number => (thing.fields.some((field) => field.kind === 'ref' && field.required && field.resource !== thing.name && names.has(field.resource)) ? 1 : 0)
  return [...things].sort((a, b) => belongs(a) - belongs(b))
}
