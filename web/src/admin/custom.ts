/** The few inputs and panels that deserve a shape of their own, by thing and name; everything else is drawn from its description. */

import { defineAsyncComponent, type Component } from 'vue'

import type { FieldMeta, Thing } from './meta'
import { rightWords, useRights } from './rightWords'

const INPUTS: Record<string, Component> = {
  'role.rights': defineAsyncComponent(() => import('./RightsMatrix.vue')),
}

export const ownInput = (thing: Thing, field: FieldMeta): Component | undefined => INPUTS[`${thing.name}.${field.name}`]

const PANELS: Record<string, Component> = {
  'role.rights': defineAsyncComponent(() => import('./RightsPanel.vue')),
  'user.second_factor': defineAsyncComponent(() => import('./SecondFactorPanel.vue')),
  'knowledge_article.compare': defineAsyncComponent(() => import('../knowledge/ArticleVersions.vue')),
}

/** Panels of a row's page, above its related lists. */
export const ownPanels = (thing: Thing): { name: string; panel: Component }[] =>
  Object.entries(PANELS)
    .filter(([key]) => key.startsWith(`${thing.name}.`))
    .map(([key, panel]) => ({ name: key.slice(thing.name.length + 1), panel }))

export const hasOwnPanel = (thing: Thing, field: FieldMeta): boolean => `${thing.name}.${field.name}` in PANELS

const WORDS: Record<string, () => (value: string) => string> = {
  'role.rights': () => {
    const known = useRights()
    return (value) => rightWords(known.value, value)
  },
}

/** How the values of a field are called where the description does not say it. */
export const valueWords = (thing: Thing, field: FieldMeta): ((value: string) => string) | undefined => WORDS[`${thing.name}.${field.name}`]?.()
