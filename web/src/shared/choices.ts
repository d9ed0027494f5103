/** Dispositions and pause reasons, asked once a page. */

import { ref } from 'vue'

import { get } from './api'
import { titled } from './i18n'
import type { Choices, Disposition } from './types'

const choices = ref<Choices>({ dispositions: [], pause_reasons: [] })
let asked: Promise<void> | null = null

export function useChoices() {
  asked ??= get<Choices>('/api/agent/choices').then(
    (answer) => void (choices.value = answer),
    () => void (asked = null),
  )
  return choices
}

function find(list: Disposition[], code: string, above: string): string {
  for (const one of list) {
    const title = above === '' ? titled(one) : `${above} › ${titled(one)}`
    if (one.code === code) return title
    const below = find(one.children ?? [], code, title)
    if (below !== '') return below
  }
  return ''
}

/** 咨询 › 门诊时间 for a code; the code itself when it is no longer offered. */
export function dispositionWords(code: string | null | undefined): string {
  return code ? find(choices.value.dispositions, code, '') || code : ''
}

export function pauseWords(code: string | null | undefined): string {
  const reason = choices.value.pause_reasons.find((one) => one.code === code)
  return reason ? titled(reason) : ''
}
