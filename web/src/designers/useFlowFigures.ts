/** What callers did in a published version, over a range of days. */

import { ref, shallowRef, watch, type Ref } from 'vue'

import { dayIn } from '../shared/format'
import { problemWords } from '../shared/notify'
import { serverNow } from '../shared/api'
import { flowApi } from './flowApi'
import type { FlowFigures } from './types'

const DAY_MS = 86_400_000

export function useFlowFigures(flow: string, zone: Ref<string>, on: Ref<boolean>, version: Ref<number | ''>) {
  const days = ref<[string, string]>([dayIn(zone.value, serverNow() - 6 * DAY_MS), dayIn(zone.value, serverNow())])
  const figures = shallowRef<FlowFigures | null>(null)
  const failure = ref('')
  let asked = 0

  async function load(): Promise<void> {
    if (!on.value) return void (figures.value = null)
    const mine = ++asked
    failure.value = ''
    try {
      const found = await flowApi.statistics(flow, version.value, days.value[0], days.value[1])
      if (mine === asked) figures.value = found
    } catch (wrong) {
      if (mine === asked) failure.value = problemWords(wrong)
    }
  }

  watch([on, version, days], () => void load(), { immediate: true })
  return { days, figures, failure, load }
}
