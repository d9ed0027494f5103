import { describe, expect, it } from 'vitest'

import { arranged, heightOf, placed, withRoom } from '../src/designers/arrange'
import { addNode, copied, freeId, idProblem, moveExit, pasted, removeNodes, renameNode, setField, wire } from '../src/designers/edits'
import { exitsOf, moreExits, wiresOf } from '../src/designers/exits'
import { begun, done, redone, undone } from '../src/designers/history'
import { parsed, phraseText, rememberedNames, written } from '../src/designers/phrases'
import { firstView, wayInto } from '../src/designers/view'
import type { Doc, Source, Verb, Vocabulary } from '../src/designers/types'

const words = (text: string) => ({ zh: text, en: text })
const verb = (name: string, more: Partial<Verb> = {}): Verb => ({ verb: name, title: words(name), group: 'speak', fields: [], exits: [], optional: [], reads_keys: false, ...more })
const WORDS: Vocabulary = {
  verbs: [
    verb('menu', { exits: ['no_input', 'invalid', 'failed'], optional: ['back'], reads_keys: true, fields: [{ name: 'tries', kind: 'integer', title: words('tries'), default: 3 }] }),
    verb('say', { exits: ['done'] }), verb('goto'), verb('call'), verb('branch'), verb('act'), verb('hang_up'), verb('lookup', { exits: ['found', 'not_found', 'unavailable'] }), verb('choose', { exits: ['chosen'] }),
  ],
  queues: [], calendars: [], extensions: [], templates: [], forms: ['name'],
  lookups: [{ name: 'clinics', title: words('clinics'), arguments: [], item: ['id', 'name_zh', 'name_en'] }],
  actions: [{ name: 'hold', title: words('hold'), arguments: [], exits: ['done', 'taken'], values: ['number'] }],
  flows: [{ name: 'guide', title: words('guide'), returns: ['agent'] }],
}
const SOURCE: Source = {
  flow: 'main', start: 'menu', queue_return: 'bye',
  node: {
    menu: { verb: 'menu', say: ['main'], on: { 2: 'guide', 1: 'find', 7: 'bye', no_input: 'again', failed: 'bye' }, voice: { 7: ['再见'] } },
    guide: { verb: 'call', flow: 'guide', on: { agent: 'bye' } },
    find: { verb: 'lookup', data: 'clinics', on: { found: 'pick', not_found: 'jump', unavailable: 'bye' } },
    pick: { verb: 'choose', list: 'clinics', store: 'clinic', on: { chosen: 'bye' } },
    jump: { verb: 'goto', to: 'menu' },
    bye: { verb: 'hang_up' },
  },
}
const DOC: Doc = { source: SOURCE, layout: { menu: { x: 0, y: 0 }, guide: { x: 300, y: 0 } } }

describe('exits', () => {
  it('lists keys in the order of the telephone, then what must be wired', () => {
    expect(exitsOf(WORDS, SOURCE.node.menu!).map(({ name, to }) => [name, to])).toEqual([['1', 'find'], ['2', 'guide'], ['7', 'bye'], ['no_input', 'again'], ['invalid', ''], ['failed', 'bye']])
    expect(moreExits(WORDS, SOURCE.node.menu!)).toEqual(['3', '4', '5', '6', '8', '9', '0', 'back'])
  })
  it('come from what the node names: a flow, cases, an action', () => {
    expect(exitsOf(WORDS, { verb: 'call', flow: 'guide' }).map((one) => one.name)).toEqual(['agent'])
    expect(exitsOf(WORDS, { verb: 'branch', cases: { old: '80', young: '20' } }).map((one) => one.name)).toEqual(['old', 'young', 'otherwise'])
    expect(exitsOf(WORDS, { verb: 'act', do: 'hold' }).map((one) => one.name)).toEqual(['done', 'taken'])
  })
  it('keep a wire that the verb does not know in sight, so that it can be removed', () => {
    expect(exitsOf(WORDS, { verb: 'say', on: { done: 'bye', odd: 'bye' } }).at(-1)).toEqual({ name: 'odd', key: false, required: false, to: 'bye' })
  })
  it('draw a goto as a wire', () => {
    expect(wiresOf(SOURCE)).toContainEqual({ from: 'jump', exit: 'to', to: 'menu' })
  })
})

describe('edits', () => {
  it('rename a node and keep every wire, the start, the return from a queue and the place', () => {
    const next = renameNode(renameNode(DOC, 'menu', 'choices'), 'bye', 'goodbye')
    expect(next.source.start).toBe('choices')
    expect(next.source.queue_return).toBe('goodbye')
    expect(next.source.node.jump?.to).toBe('choices')
    expect(next.source.node.choices?.on?.failed).toBe('goodbye')
    expect(next.layout.choices).toEqual({ x: 0, y: 0 })
    expect(Object.keys(next.source.node)).toEqual(['choices', 'guide', 'find', 'pick', 'jump', 'goodbye'])
  })
  it('remove nodes together with every wire to them', () => {
    const next = removeNodes(DOC, ['bye', 'menu'])
    expect(next.source).toEqual({ flow: 'main', start: '', node: { guide: { verb: 'call', flow: 'guide', on: {} }, find: { verb: 'lookup', data: 'clinics', on: { found: 'pick', not_found: 'jump' } }, pick: { verb: 'choose', list: 'clinics', store: 'clinic', on: {} }, jump: { verb: 'goto' } } })
    expect(DOC.source.node.menu).toBeDefined()
  })
  it('paste under free names with the wires among the copies, and wires to what is there', () => {
    const { doc, ids } = pasted(DOC, copied(DOC, ['menu', 'guide']), { x: 10, y: 20 })
    expect(ids).toEqual(['menu_2', 'guide_2'])
    expect(doc.source.node.menu_2?.on).toEqual({ 2: 'guide_2', 1: 'find', 7: 'bye', no_input: 'again', failed: 'bye' })
    expect(doc.layout.guide_2).toEqual({ x: 310, y: 20 })
    const elsewhere = pasted({ source: { flow: 'new', start: '', node: {} }, layout: {} }, copied(DOC, ['menu', 'guide']), { x: 0, y: 0 })
    expect(elsewhere.doc.source.node.menu?.on).toEqual({ 2: 'guide', no_input: 'again' })
  })
  it('move a key with its spoken words, never onto a key that is taken', () => {
    const next = moveExit(DOC, 'menu', '7', '8')
    expect(next.source.node.menu).toMatchObject({ on: { 8: 'bye' }, voice: { 8: ['再见'] } })
    expect(moveExit(DOC, 'menu', '7', '1')).toBe(DOC)
  })
  it('wire, unwire and change without touching other nodes', () => {
    const next = wire(setField(DOC, 'menu', 'tries', 2), 'menu', 'failed', '')
    expect(next.source.node.menu?.tries).toBe(2)
    expect('failed' in (next.source.node.menu?.on ?? {})).toBe(false)
    expect(next.source.node.pick).toBe(SOURCE.node.pick)
    expect(wire(DOC, 'jump', 'to', 'bye').source.node.jump).toEqual({ verb: 'goto', to: 'bye' })
  })
  it('name a new node after its verb, and refuse names that cannot be', () => {
    expect(addNode(DOC, WORDS.verbs[0]!, { x: 1, y: 2 }).id).toBe('menu_2')
    expect(freeId(SOURCE, 'menu_2')).toBe('menu_2')
    expect([idProblem(SOURCE, ''), idProblem(SOURCE, '停车'), idProblem(SOURCE, 'again'), idProblem(SOURCE, 'bye', 'menu'), idProblem(SOURCE, 'bye', 'bye')]).toEqual(['empty', 'letters', 'again', 'taken', ''])
  })
})

describe('history', () => {
  it('goes back and forth without a limit, and typing is one step', () => {
    let history = begun(0)
    for (let n = 1; n <= 500; n++) history = done(history, n, n * 5000)
    for (let n = 0; n < 500; n++) history = undone(history)
    expect(history.now).toBe(0)
    expect(undone(history)).toBe(history)
    for (let n = 0; n < 500; n++) history = redone(history)
    expect(history.now).toBe(500)
    const typed = done(done(done(begun('a'), 'b', 100, 'say'), 'c', 200, 'say'), 'd', 300, 'other')
    expect([undone(typed).now, undone(undone(typed)).now]).toEqual(['c', 'a'])
  })
})

describe('phrases', () => {
  it('are read and written alike', () => {
    for (const text of ['welcome', 'zh:welcome', 'other:switch_language', '{doctor:name}', '{clinic_hours#:number.clinic}', '{a.b:date}']) expect(written(parsed(text))).toBe(text)
    expect(parsed('<script>').kind).toBe('unknown')
  })
  it('are shown as their texts', () => {
    const texts = new Map([['hello', { zh: '您好', en: 'Hello' }], ['other', { zh: '中文', en: 'English' }]])
    expect(phraseText(['hello', 'other:other', '{doctor:name}', 'nowhere'], texts, 'zh')).toBe('您好English‹doctor›nowhere')
  })
  it('offer what a flow remembers', () => {
    expect(rememberedNames(WORDS, SOURCE)).toEqual(expect.arrayContaining(['clinics', 'clinic', 'clinic.id', 'clinic.name']))
  })
})

describe('arranging', () => {
  it('puts every node somewhere, none upon another', () => {
    const spots = Object.values(arranged(WORDS, SOURCE))
    expect(spots.length).toBe(6)
    for (const [n, one] of spots.entries()) for (const other of spots.slice(n + 1)) expect(Math.abs(one.x - other.x) >= 216 || Math.abs(one.y - other.y) >= 62).toBe(true)
  })
  it('reads along the caller\'s way: exits in their order from top to bottom, the first on the level of the node it leaves', () => {
    const spots = arranged(WORDS, SOURCE)
    expect([spots.menu, spots.find, spots.pick].map((spot) => spot?.y)).toEqual([0, 0, 0])
    expect([spots.menu, spots.find, spots.pick].map((spot) => spot?.x)).toEqual([0, 296, 592])
    expect([spots.find, spots.guide, spots.bye].map((spot) => spot?.x)).toEqual([296, 296, 296])
    expect(spots.find!.y < spots.guide!.y && spots.guide!.y < spots.bye!.y).toBe(true)
  })
  it('makes room below a node that has grown, and leaves what stands beside it', () => {
    const doc: Doc = { source: SOURCE, layout: { menu: { x: 0, y: 0 }, guide: { x: 40, y: 120 }, bye: { x: 0, y: 330 }, find: { x: 300, y: 40 }, pick: { x: 0, y: 900 } } }
    const { layout } = withRoom(WORDS, doc, 'menu')
    expect(layout.guide!.y).toBeGreaterThanOrEqual(heightOf(WORDS, SOURCE, 'menu'))
    expect(layout.bye!.y).toBeGreaterThanOrEqual(layout.guide!.y + heightOf(WORDS, SOURCE, 'guide'))
    expect([layout.find!.y, layout.pick!.y]).toEqual([40, 900])
  })
  it('leaves what a person placed where it is', () => {
    const doc = placed(WORDS, SOURCE, DOC.layout)
    expect(doc.layout.menu).toEqual({ x: 0, y: 0 })
    expect(Object.keys(doc.layout).length).toBe(6)
  })
})

describe('what is seen of the drawing', () => {
  const frame = { width: 800, height: 600 }
  const view = { x: 0, y: 0, zoom: 0.5 }
  it('moves no further than it takes to see a node whole', () => {
    expect(wayInto({ x: 200, y: 200, width: 216, height: 100 }, view, frame)).toEqual({ x: 0, y: 0 })
    expect(wayInto({ x: 1500, y: -100, width: 216, height: 100 }, view, frame)).toEqual({ x: 776 - 858, y: 74 })
  })
  it('shows what is larger than the frame from its beginning', () => {
    expect(wayInto({ x: 100, y: 800, width: 216, height: 4000 }, view, frame).y).toBe(24 - 400)
  })
  it('begins with the whole when it can be read, else with the start at its left', () => {
    expect(firstView({ x: 0, y: 0, width: 400, height: 300 }, { x: 0, y: 0 }, frame).zoom).toBe(1)
    const far = firstView({ x: 0, y: -5000, width: 9000, height: 9000 }, { x: 700, y: 20 }, frame)
    expect(700 * far.zoom + far.x).toBeCloseTo(24)
    expect(20 * far.zoom + far.y).toBeLessThan(300)
  })
})
