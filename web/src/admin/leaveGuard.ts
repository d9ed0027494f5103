/** Asks before typed words are thrown away. A ringing call never waits for an answer: then the words are kept as a draft of the page. */

import { ElMessageBox } from 'element-plus'
import { onBeforeUnmount, onMounted, type Ref } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'

import { i18n } from '../shared/i18n'
import { keepDraft } from './drafts'
import type { Values } from './rowApi'

export async function sureToLeave(): Promise<boolean> {
  const { t } = i18n.global
  const words = { confirmButtonText: t('admin.leave'), cancelButtonText: t('admin.stay'), type: 'warning' as const }
  return ElMessageBox.confirm(t('admin.leave_lead'), t('admin.leave_title'), words).then(
    () => true,
    () => false,
  )
}

export function useLeaveGuard(page: string, dirty: Ref<boolean>, values: Ref<Values>): void {
  const warn = (event: BeforeUnloadEvent): void => void (dirty.value && event.preventDefault())
  onMounted(() => window.addEventListener('beforeunload', warn))
  onBeforeUnmount(() => window.removeEventListener('beforeunload', warn))
  onBeforeRouteLeave((to) => {
    if (!dirty.value || to.path === '/login') return true
    if (to.path !== '/desk') return sureToLeave()
    keepDraft(page, values.value)
    return true
  })
}
