/** What nodes, exits and other things of a flow are called on the screen. */

import { i18n, language } from '../shared/i18n'
import { flowApi } from './flowApi'
import type { Layout, Words } from './types'

export function said(words: Words | undefined | null): string {
  if (!words) return ''
  return language() === 'en' ? words.en || words.zh : words.zh || words.en
}

export function tongue(): 'zh' | 'en' {
  return language() === 'en' ? 'en' : 'zh'
}

/** In the chosen language only: an id reads better in English than a Chinese word does. */
function own(key: string): string | undefined {
  return i18n.global.te(key, language()) ? i18n.global.t(key) : undefined
}

export function exitWord(exit: string): string {
  return own(`flow.exit.${exit}`) ?? exit.replaceAll('_', ' ')
}

/** What people call the node: its own title, else the usual name of shipped nodes, else its id. */
export function nodeTitle(id: string, layout: Layout): string {
  return layout[id]?.title ?? usualName(id) ?? id.replaceAll('_', ' ')
}

function usualName(id: string): string | undefined {
  return own(`flow.names.${id}`) ?? own(`ivr.node.${id}`)
}

/** Titles that people gave to the nodes of a version. Asked once, of who may see flows, and only for nodes without a usual name. */
const asked = new Map<string, Promise<Layout>>()

export function titlesOf(flow: string, version: number, nodes: readonly string[]): Promise<Layout> {
  if (nodes.every((id) => usualName(id) !== undefined)) return Promise.resolve({})
  const key = `${flow} ${version}`
  const found = asked.get(key) ?? flowApi.version(flow, version).then((text) => text.layout ?? {})
  asked.set(key, found)
  return found.catch(() => (asked.delete(key), {}))
}
