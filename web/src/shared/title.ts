/** The name of the page in the browser's tab, in the chosen language. */

import { watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute } from 'vue-router'

export function useTitle(): void {
  const { t, locale } = useI18n()
  const route = useRoute()
  watch(
    [() => route.meta.title, locale],
    ([title]) => (document.title = title ? `${t(title)} · ${t('brand')}` : t('brand')),
    { immediate: true },
  )
}
