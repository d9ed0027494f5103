/** Buttons beside a list that belong to other parts: import and export. Each is shown where the thing and the person's rights allow it. */

import type { Component } from 'vue'

import type { Thing } from './meta'

export interface ListAct {
  name: string
  component: Component
  for: (thing: Thing) => boolean
}

const acts: ListAct[] = []

export function addListAct(act: ListAct): void {
  if (!acts.some((one) => one.name === act.name)) acts.push(act)
}

export const listActs = (thing: Thing): ListAct[] => acts.filter((act) => act.for(thing))

/** Buttons on a row's page that belong to other parts: merging, booking. */
const onRows: ListAct[] = []

export function addRowAct(act: ListAct): void {
  if (!onRows.some((one) => one.name === act.name)) onRows.push(act)
}

export const rowActs = (thing: Thing): ListAct[] => onRows.filter((act) => act.for(thing))
