import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRenderer, defineComponent, h } from 'vue'
import { createMemoryHistory, createRouter, RouterView, type Router } from 'vue-router'

import type { Thing } from '../src/admin/meta'
import { useList } from '../src/admin/useList'

/** The least of a document that components can be mounted on. */
interface Spot {
  parent: Spot | null
  children: Spot[]
}
const spot = (): Spot => ({ parent: null, children: [] })
const { createApp } = createRenderer<Spot, Spot>({
  createElement: spot, createText: spot, createComment: spot, setText: () => undefined, setElementText: () => undefined, patchProp: () => undefined,
  parentNode: (node) => node.parent,
  nextSibling: (node) => node.parent?.children[node.parent.children.indexOf(node) + 1] ?? null,
  insert: (node, parent, before) => {
    node.parent = parent
    parent.children.splice(before ? parent.children.indexOf(before) : parent.children.length, 0, node)
  },
  remove: (node) => node.parent?.children.splice(node.parent.children.indexOf(node), 1),
})

const THING = { name: 'patient', path: 'patients', fields: [], filters: [], list_columns: [], sort: '-id', related: [], sections: [], moves: [] } as unknown as Thing
let list: ReturnType<typeof useList>
let asked: string[]
let pages: (() => void)[]
let router: Router

const List = defineComponent({
  setup: () => {
    list = useList(THING)
    void list.load()
    return () => h('list')
  },
})
const page = { render: () => h('page') }
/** A page whose program arrives when `pages` are let go. */
const late = (): Promise<typeof page> => new Promise((arrive) => pages.push(() => arrive(page)))

beforeEach(async () => {
  ;[asked, pages] = [[], []]
  vi.stubGlobal('fetch', (address: string) => {
    asked.push(new URL(address, 'http://here').searchParams.get('q') ?? '')
    const found = asked.at(-1)
    return Promise.resolve(new Response(JSON.stringify({ items: [{ id: found, _label: found }], next: null, total: 1 }), { headers: { 'Content-Type': 'application/json' } }))
  })
  router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/patients', component: List }, { path: '/patients/7', component: late }, { path: '/barred', component: page, beforeEnter: () => false }] })
  await router.push('/patients?q=a')
  createApp(RouterView).use(router).mount(spot())
  await list.settled()
})
afterEach(() => vi.unstubAllGlobals())

describe('a list that somebody leaves', () => {
  it('calls nobody back: what was typed last asks for rows, the address is left alone', async () => {
    list.ask({ q: 'ab' }, true)
    const way = router.push('/patients/7')
    await vi.waitFor(() => expect(pages.length).toBe(1))
    expect(await list.settled()).toBe(true)
    expect(asked).toEqual(['a', 'ab'])
    pages[0]?.()
    await way
    expect(router.currentRoute.value.fullPath).toBe('/patients/7')
  })
  it('does not take the question of the next page for its own', async () => {
    const way = router.push('/patients/7?q=other')
    await vi.waitFor(() => expect(pages.length).toBe(1))
    pages[0]?.()
    await way
    expect(asked).toEqual(['a'])
    expect(await list.settled()).toBe(false)
  })
  it('writes its address after all when the way is barred', async () => {
    const way = router.push('/barred')
    list.ask({ q: 'ab' })
    await way
    await list.settled()
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/patients?q=ab'))
  })
})

describe('what was typed', () => {
  it('is asked at once when somebody will not wait, and the rows are those of it', async () => {
    list.ask({ q: 'ab' }, true)
    expect(list.items.value.map((row) => row.id)).toEqual(['a'])
    expect(await list.settled()).toBe(true)
    expect(list.items.value.map((row) => row.id)).toEqual(['ab'])
    expect(router.currentRoute.value.fullPath).toBe('/patients?q=ab')
  })
})
