/** Saved filters and the person's own columns of one list. The nameless view of a list holds its columns. */

import { computed, ref } from 'vue'

import { tellDone, tellProblem } from '../shared/notify'
import { i18n } from '../shared/i18n'
import type { ListState } from './listQuery'
import { fieldOf, type Thing } from './meta'
import { addView, changeView, readViews, removeView, type SavedView } from './rowApi'

export function useViews(thing: Thing, ask: (changes: Partial<ListState>) => void) {
  const views = ref<SavedView[]>([])
  const current = ref<SavedView | null>(null)
  const chosen = ref<string[]>([])
  const known = (names: string[]): string[] => names.filter((name) => fieldOf(thing, name))
  const columns = computed(() => (chosen.value.length > 0 ? chosen.value : known(thing.list_columns)))
  const own = (): SavedView | undefined => views.value.find((one) => one.mine && one.standard)

  async function load(): Promise<void> {
    try {
      views.value = await readViews(thing)
      chosen.value = known(own()?.columns ?? [])
    } catch (wrong) {
      tellProblem(wrong)
    }
  }

  function open(view: SavedView | null): void {
    current.value = view
    if (view && view.columns.length > 0) chosen.value = known(view.columns)
    else chosen.value = known(own()?.columns ?? [])
    const { q = '', ...filters } = view?.query ?? {}
    ask({ q, filters, sort: view?.sort || thing.sort })
  }

  async function keep(title: string, shared: boolean, state: ListState): Promise<void> {
    const query = { ...state.filters, ...(state.q.trim() ? { q: state.q.trim() } : {}) }
    try {
      const view = await addView({ resource: thing.name, title, query, columns: columns.value, sort: state.sort, shared, standard: false })
      views.value = [...views.value, view]
      current.value = view
      tellDone(i18n.global.t('admin.view_kept'))
    } catch (wrong) {
      tellProblem(wrong)
    }
  }

  async function remove(): Promise<void> {
    const gone = current.value
    if (gone === null) return
    await removeView(gone.id).catch(tellProblem)
    await load()
    open(null)
  }

  /** At once on the screen, then at the server, which remembers it for every desk. */
  async function setColumns(names: string[]): Promise<void> {
    chosen.value = names
    const standard = own()
    try {
      const kept = standard ? await changeView(standard.id, { columns: names }) : await addView({ resource: thing.name, title: i18n.global.t('admin.my_list'), query: {}, columns: names, sort: '', shared: false, standard: true })
      views.value = [...views.value.filter((one) => one.id !== kept.id), kept]
    } catch (wrong) {
      tellProblem(wrong)
    }
  }

  return { views, current, columns, load, open, keep, remove, setColumns }
}

export type ListViews = ReturnType<typeof useViews>
