/** Texts: Chinese first, English by switch, both whole. `titled` picks the server's own zh/en titles. */

import { createI18n } from 'vue-i18n'

import type { Language } from './format'
import { en, zh } from './texts'

function remembered(): Language {
  return localStorage.getItem('language') === 'en' ? 'en' : 'zh-CN'
}

export const i18n = createI18n({
  legacy: false,
  locale: remembered(),
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh, en },
  missingWarn: false,
  fallbackWarn: false,
})

export function language(): Language {
  return i18n.global.locale.value as Language
}

export function setLanguage(value: Language, remember = true): void {
  i18n.global.locale.value = value
  document.documentElement.lang = value
  if (remember) localStorage.setItem('language', value)
}

export function titled(thing: { title_zh: string; title_en: string } | undefined | null): string {
  if (!thing) return ''
  return language() === 'en' ? thing.title_en || thing.title_zh : thing.title_zh
}

/** The text of `key`, or `otherwise` where there is none: for words that the server may extend. */
export function word(key: string, otherwise: string): string {
  return i18n.global.te(key) || i18n.global.te(key, 'zh-CN') ? i18n.global.t(key) : otherwise
}
