/** The call on the desk: server's view, phone's ear, and the acts of the agent on it. */

import { computed, watch } from 'vue'
import { useI18n } from 'vue-i18n'

import { post } from '../shared/api'
import { useLive } from '../shared/live'
import { closeNotice, notice } from '../shared/notify'
import { answer, callIsShown, hangUp, pressKey, toggleHold, toggleMute, useSoftphone } from '../shared/softphone'
import { startRinging, stopRinging } from '../shared/tone'
import { titled } from '../shared/i18n'
import type { CallView } from '../shared/types'
import { answersItself, deskCall, settledPerson } from './callScreen'

export function useCall() {
  const { agent } = useLive()
  const { phone, quality } = useSoftphone()
  const desk = computed(() => deskCall(agent.value, phone))
  const screen = computed(() => desk.value.screen)
  const view = computed(() => desk.value.view)
  const person = computed(() => settledPerson(view.value))

  const choosePatient = (linkedid: string, patientId: number): Promise<unknown> =>
    post(`/api/agent/calls/${encodeURIComponent(linkedid)}/patient`, { patient_id: patientId })
  const newFile = (linkedid: string, file: object): Promise<unknown> =>
    post(`/api/agent/calls/${encodeURIComponent(linkedid)}/patient`, { new_file: file })

  return { agent, phone, quality, screen, view, person, choosePatient, newFile, answer, hangUp, toggleHold, toggleMute, pressKey }
}

function queueTitle(view: CallView): string {
  return titled({ title_zh: view.queue_title_zh, title_en: view.queue_title_en })
}

/** Sound, notice and window title of the ringing call; used once, by the dock. */
export function useRingSignals(): void {
  const { screen, view, phone } = useCall()
  const { t } = useI18n()
  const caller = computed(() => (view.value?.people.length === 1 ? (view.value.people[0]?.name ?? '') : ''))
  let calmTitle = ''

  watch(
    () => (screen.value === 'ringing' && view.value !== null ? view.value.linkedid : ''),
    (ringing) => {
      if (ringing !== '' && view.value !== null) {
        startRinging(view.value.queue)
        notice(t('dock.incoming'), [caller.value, queueTitle(view.value)].filter(Boolean).join(' · '))
        calmTitle ||= document.title
        document.title = `☎ ${t('dock.incoming')}`
        return
      }
      stopRinging()
      closeNotice()
      if (calmTitle !== '') document.title = calmTitle
      calmTitle = ''
    },
    { immediate: true },
  )
  watch(
    () => view.value !== null && screen.value !== 'wrap_up',
    (shown) => callIsShown(shown),
    { immediate: true, flush: 'post' },
  )
  watch([screen, () => phone.call], () => answersItself(screen.value, phone) && answer())
}
