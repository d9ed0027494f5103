/** The parts of a phrase: prompts in a language, spoken values. Pure; the same writing as callcenter/ivr/phrases.py. */

import type { Source, Words, Vocabulary } from './types'

export type Part = { kind: 'prompt'; id: string; language: '' | 'zh' | 'en' | 'other' } | { kind: 'value'; name: string; form: string; unit: string; count: boolean } | { kind: 'unknown'; text: string }

const BRACED = /^\{([A-Za-z_][\w.]*)(#?)(?::([a-z]+)(?:\.([a-z_]+))?)?\}$/
const PROMPT = /^(?:(zh|en|other):)?([A-Za-z0-9_][\w.-]*)$/

export function parsed(text: string): Part {
  const value = BRACED.exec(text)
  if (value) return { kind: 'value', name: value[1] as string, count: value[2] === '#', form: value[3] ?? '', unit: value[4] ?? '' }
  const prompt = PROMPT.exec(text)
  return prompt ? { kind: 'prompt', id: prompt[2] as string, language: (prompt[1] ?? '') as '' } : { kind: 'unknown', text }
}

export function written(part: Part): string {
  if (part.kind === 'unknown') return part.text
  if (part.kind === 'prompt') return part.language === '' ? part.id : `${part.language}:${part.id}`
  return `{${part.name}${part.count ? '#' : ''}:${part.form}${part.unit ? `.${part.unit}` : ''}}`
}

export function phraseOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

/** What the phrase says, as a person reads it; a value is shown by its name. */
export function phraseText(phrase: readonly string[], texts: ReadonlyMap<string, Words>, language: 'zh' | 'en'): string {
  return phrase
    .map((text) => {
      const part = parsed(text)
      if (part.kind === 'value') return `‹${part.name}${part.count ? '#' : ''}›`
      if (part.kind === 'unknown') return part.text
      const chosen = part.language === 'zh' || part.language === 'en' ? part.language : part.language === 'other' ? (language === 'zh' ? 'en' : 'zh') : language
      return texts.get(part.id)?.[chosen] ?? part.id
    })
    .join(language === 'zh' ? '' : ' ')
}

/** The phrase that best says what a node is about. */
export function mainPhrase(node: Record<string, unknown>): string[] {
  for (const key of ['say', 'intro', 'item', 'confirm']) {
    const found = phraseOf(node[key])
    if (found.length > 0) return found
  }
  return []
}

/** Dotted names that may be remembered somewhere in the flow, for completion: nothing is refused by it. */
export function rememberedNames(words: Vocabulary, source: Source): string[] {
  const names = new Set<string>(['caller.number', 'person.id', 'person.name'])
  const itemsOf = new Map<string, string[]>()
  for (const node of Object.values(source.node)) {
    const store = String(node.store ?? node.data ?? '')
    if (node.verb === 'lookup' && store !== '') itemsOf.set(store, words.lookups.find((one) => one.name === node.data)?.item ?? [])
    if (store !== '') names.add(store)
    for (const key of Object.keys((node.values as object | undefined) ?? {})) names.add(key)
    const action = words.actions.find((one) => one.name === node.do)
    for (const key of action?.values ?? []) names.add(`${store || action?.name}.${key}`)
  }
  for (const node of Object.values(source.node)) {
    const items = itemsOf.get(String(node.list ?? ''))
    if (items && typeof node.store === 'string') for (const key of items) names.add(`${node.store}.${key.replace(/_(zh|en)$/, '')}`)
  }
  return [...names].sort()
}

/** Names of the items of the list that a node goes through. */
export function itemNames(words: Vocabulary, source: Source, list: string): string[] {
  const from = Object.values(source.node).find((node) => node.verb === 'lookup' && (node.store ?? node.data) === list)
  const item = words.lookups.find((one) => one.name === (from?.data ?? list))?.item ?? []
  return [...new Set(item.map((key) => key.replace(/_(zh|en)$/, '')))]
}

export function rememberedLists(source: Source): string[] {
  return [...new Set(Object.values(source.node).filter((node) => node.verb === 'lookup').map((node) => String(node.store ?? node.data ?? '')))].filter((name) => name !== '')
}
