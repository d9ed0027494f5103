import { describe, expect, it } from 'vitest'

import { Problem } from '../src/shared/api'
import { conflictOf, decided } from '../src/admin/conflict'
import { placed } from '../src/admin/formRows'
import { blank, byField, changes, faults, held, writable } from '../src/admin/formValues'
import { controlOf, fromRoute, nextSort, textKey, toRoute, toServer, withFilter } from '../src/admin/listQuery'
import type { FieldMeta, Kind, Thing } from '../src/admin/meta'
import { families, leadersFirst } from '../src/admin/order'
import { inOrder, lines, ownWords, toggled, toggledLine, type RightEntry } from '../src/admin/rights'
import { leadingColumn, rowTitle } from '../src/admin/title'
import { isOverdue, toneOf } from '../src/admin/tones'
import { curlLine, inDays, tokenState, type Token } from '../src/admin/tokens'
import { byDay, counted, fromCard } from '../src/patients/timeline'
import { ofPatient } from '../src/patients/ofPatient'

const field = (name: string, kind: Kind, more: Partial<FieldMeta> = {}): FieldMeta => ({
  name, kind, title: { zh: name, en: name }, section: '', required: false, readonly: false, write_once: false, write_only: false, list: true, detail: true, form: true, nullable: true,
  default: null, max_length: null, min: null, max: null, pattern: '', unit: null, hint: null, width: 'half', choices: null, dictionary: '', resource: '', mask: '', masked: false,
  sortable: true, operators: ['eq'], extra: false, whole: false, unique: false, ...more,
})
const thing = (name: string, fields: FieldMeta[], more: Partial<Thing> = {}): Thing => ({
  name, path: `${name}s`, title: { zh: name, en: name }, plural: { zh: name, en: name }, group: 'people', served: true, label: ['name'], personal: false, versioned: true, removable: false,
  delete_needs_reason: false, allowed: ['read', 'add'], sections: [], fields, list_columns: [], sort: '-id', search: null, filters: fields.map((one) => one.name), related: [], state: '', moves: [],
  import_keys: [], panels: [], ...more,
})
const PATIENT = thing('patient', [
  field('name', 'string', { required: true, nullable: false, max_length: 4 }),
  field('age', 'integer', { min: 0, max: 130 }),
  field('tags', 'strings'),
  field('seen_at', 'datetime', { operators: ['ge', 'le', 'lt'] }),
  field('state', 'choice', { readonly: true }),
  field('mrn', 'string', { write_once: true }),
])

describe('where fields stand in a form', () => {
  const spans = (fields: FieldMeta[], narrow?: number): number[] => placed(fields, narrow).map((one) => one.span)
  const code = field('code', 'string', { width: 'narrow' })
  it('leaves no hole behind a name that ends its row', () => {
    expect(spans([code, field('name', 'string')])).toEqual([3, 9])
    expect(spans([code, field('kind', 'choice')])).toEqual([3, 6])
    expect(spans([field('name', 'string')])).toEqual([6])
    expect(spans([field('ward', 'ref'), code])).toEqual([6, 3])
    expect(spans([field('a', 'string'), field('b', 'string'), field('note', 'text', { width: 'full' })])).toEqual([6, 6, 12])
  })
  it('gives a moment the room of a moment, and more of it in a drawer', () => {
    expect(spans([field('at', 'datetime'), field('until', 'datetime')])).toEqual([3, 3])
    expect(spans([field('at', 'datetime'), code], 6)).toEqual([6, 6])
  })
  it('lifts a row of ticks, not a tick beside a field', () => {
    const ticks = [field('a', 'boolean', { width: 'narrow' }), field('b', 'boolean', { width: 'narrow' })]
    expect(placed(ticks).map((one) => one.low)).toEqual([true, true])
    expect(placed([code, ...ticks]).map((one) => one.low)).toEqual([false, false, false])
  })
})

describe('the colour of a word', () => {
  const task = thing('to_do', [], { state: 'state' })
  const choice = (name: string): FieldMeta => field(name, 'choice')
  it('belongs to states and to grades that stand out', () => {
    expect(toneOf(task, choice('state'), 'done')).toBe('good')
    expect(toneOf(task, choice('state'), 'never heard of')).toBe('accent')
    expect(toneOf(task, choice('priority'), 'urgent')).toBe('alarm')
    expect(toneOf(task, choice('priority'), 'low')).toBe(null)
    expect(toneOf(task, choice('flag'), 'low')).toBe('warn')
    expect(toneOf(task, choice('kind'), 'urgent')).toBe(null)
  })
  it('of one word differs where it means another thing', () => {
    expect([thing('event', [], { state: 'state' }), thing('appointment', [], { state: 'state' })].map((one) => toneOf(one, choice('state'), 'held'))).toEqual(['good', 'blue'])
  })
})

describe('a term', () => {
  const [now, today] = [Date.parse('2026-11-22T07:00:00Z'), '2026-11-22']
  const late = (name: string, kind: Kind, row: object): boolean => isOverdue(thing('complaint', [], { state: 'state' }), field(name, kind), { ...row }, now, today)
  it('is past only while the work is open', () => {
    expect(['new', 'handling', 'answered', 'closed'].map((state) => late('due_at', 'datetime', { due_at: '2026-11-22T06:59:00Z', state }))).toEqual([true, true, false, false])
    expect(late('due_at', 'datetime', { due_at: '2026-11-22T07:01:00Z', state: 'new' })).toBe(false)
    expect(late('due_at', 'datetime', { due_at: null, state: 'new' })).toBe(false)
  })
  it('of a day is kept until the day is over', () => {
    expect(['2026-11-21', '2026-11-22'].map((day) => late('next_review_on', 'date', { next_review_on: day, state: 'active' }))).toEqual([true, false])
    expect(late('birth_date', 'date', { birth_date: '1960-01-01', state: 'active' })).toBe(false)
  })
})

describe('what a form sends', () => {
  it('sends of a new row what was filled in, and what was handed over', () => {
    const values = blank(PATIENT, { patient_id: 7 })
    expect(changes(PATIENT, null, { ...values, name: ' 张伟 ', age: '62' })).toEqual({ patient_id: 7, name: '张伟', age: 62, tags: [] })
  })
  it('sends of an old row only what differs, and never what may not change', () => {
    const before = held(PATIENT, { id: 1, _label: '', name: '张伟', age: 62, tags: ['a'], mrn: '1', state: 'x' })
    expect(Object.keys(before)).not.toContain('mrn')
    expect(changes(PATIENT, before, { ...before })).toEqual({})
    expect(changes(PATIENT, before, { ...before, tags: ['a', 'b'], age: '' })).toEqual({ tags: ['a', 'b'], age: null })
  })
  it('finds faults that need no server, counting rare characters as one', () => {
    const fault = (values: object) => faults(PATIENT, true, { ...blank(PATIENT), name: '张伟', ...values })
    expect(fault({})).toEqual({})
    expect(fault({ name: ' ' .trim() })).toEqual({ name: 'required' })
    expect(fault({ age: 'x' })).toEqual({ age: 'number' })
    expect(fault({ age: '1.5' })).toEqual({ age: 'number' })
    expect(fault({ age: 131 })).toEqual({ age: 'max' })
    expect(fault({ name: '𠮷𠮷𠮷𠮷' })).toEqual({})
    expect(fault({ name: '12345' })).toEqual({ name: 'max_length' })
  })
  it('asks for what only a new row takes in new rows alone', () => {
    const person = thing('patient', [field('name', 'string'), field('number', 'phone', { add_only: true })])
    expect([true, false].map((adding) => writable(person, adding).map((one) => one.name))).toEqual([['name', 'number'], ['name']])
  })
  it('keeps a password that is left empty when somebody is changed, and asks for it when he is new', () => {
    const person = thing('user', [field('name', 'string', { required: true }), field('password', 'string', { required: true, write_only: true })])
    const before = held(person, { id: 1, _label: '', name: '王芳' })
    expect(faults(person, false, { ...before, name: '王方' })).toEqual({})
    expect(changes(person, before, { ...before, name: '王方' })).toEqual({ name: '王方' })
    expect(faults(person, true, { ...blank(person), name: '王方' })).toEqual({ password: 'required' })
  })
  it('puts a refusal beside its field, and what fits nowhere above the form', () => {
    const errors = [{ field: 'name', rule: 'a', mend: 'b' }, { field: 'tags.0', rule: 'c', mend: '' }, { field: 'elsewhere', rule: 'd', mend: '' }]
    expect(byField(errors, ['name', 'tags'])).toEqual({ name: 'a; b', tags: 'c', '': 'd' })
    expect(byField([{ field: 'age', rule: 'is at most 130', mend: 'enter a smaller number' }], [], () => '年龄')).toEqual({ '': '年龄：不能大于 130。' })
  })
})

describe('money that is stored in fen', () => {
  const CLINIC = thing('clinic', [field('price', 'money', { whole: true, required: true }), field('paid', 'money')])
  const row = { id: 1, _label: '', price: 3050, paid: '12.50' }
  it('is typed in yuan and sent in fen; other money stays as it is', () => {
    const before = held(CLINIC, row)
    expect(before).toEqual({ price: '30.5', paid: '12.50' })
    expect(changes(CLINIC, before, { ...before })).toEqual({})
    expect(changes(CLINIC, before, { price: '30.50', paid: '12.50' })).toEqual({})
    expect(changes(CLINIC, before, { price: '31', paid: '13' })).toEqual({ price: 3100, paid: '13' })
    expect(changes(CLINIC, null, { ...blank(CLINIC), price: '0.29' })).toEqual({ price: 29 })
  })
  it('has no more than two decimals', () => {
    expect(faults(CLINIC, true, { price: '1.005', paid: null })).toEqual({ price: 'fen' })
    expect(faults(CLINIC, true, { price: '1.05', paid: null })).toEqual({})
  })
})

describe('what a row is called', () => {
  const CONSENT = thing('consent', [field('purpose', 'choice', { choices: [{ value: 'follow_up', title: { zh: '随访', en: 'Follow-up' } }] }), field('patient_id', 'ref')], { label: ['purpose'], title: { zh: '知情同意', en: 'Consent' } })
  it('is its label where that is a name, and words with the person where it is a code', () => {
    expect(rowTitle(PATIENT, { id: 1, _label: '张伟', name: '张伟' })).toBe('张伟')
    expect(rowTitle(CONSENT, { id: 1, _label: 'follow_up', _refs: { patient_id: '石世杰' }, purpose: 'follow_up' })).toBe('知情同意 · 随访 · 石世杰')
  })
  it('leads to its page from the column that names it', () => {
    expect(leadingColumn(PATIENT, [PATIENT.fields[5]!, PATIENT.fields[0]!])).toBe('name')
    expect(leadingColumn(CONSENT, [CONSENT.fields[1]!, CONSENT.fields[0]!])).toBe('patient_id')
  })
})

describe('tokens of machines', () => {
  const now = Date.parse('2026-11-22T08:00:00Z')
  const token = (more: Partial<Token>): Token => ({ id: 1, title: '', user: { id: 1, name: '' }, rights: [], created_at: '', expires_at: inDays(now, 90), used_at: null, ended_at: null, ...more })
  it('are valid, near their end, expired or ended', () => {
    expect(tokenState(token({}), now)).toBe('active')
    expect(tokenState(token({ expires_at: inDays(now, 13) }), now)).toBe('soon')
    expect(tokenState(token({ expires_at: inDays(now, -1) }), now)).toBe('expired')
    expect(tokenState(token({ ended_at: inDays(now, -1) }), now)).toBe('ended')
  })
  it('come with a line to try', () => expect(curlLine('http://a', 'cc_x')).toBe('curl -H "Authorization: Bearer cc_x" http://a/api/session'))
})

describe('two people change one row', () => {
  const current = { id: 1, version: 5, name: '张伟', age: 63, _label: '张伟' }
  const stale = new Problem(409, 'stale version', '', [], 0, { type: 'stale', current, changed: ['age'], changed_by: { id: 2, name: '李主管' } })
  it('disputes only what both changed', () => {
    expect(conflictOf(stale, { name: '张玮' })?.disputed).toEqual([])
    expect(conflictOf(stale, { name: '张玮', age: 64 })?.disputed).toEqual(['age'])
    expect(conflictOf(new Problem(409, 'taken', '', [], 0, { type: 'taken' }), {})).toBeNull()
  })
  it('sends what is not disputed and what was decided as mine', () => {
    const open = conflictOf(stale, { name: '张玮', age: 64 })
    expect(open && decided(open, new Set())).toEqual({ name: '张玮' })
    expect(open && decided(open, new Set(['age']))).toEqual({ name: '张玮', age: 64 })
  })
})

describe('a list and its address', () => {
  it('keeps filters of known fields only, and comes back the same', () => {
    const state = fromRoute({ q: '张', state__in: 'a,b', nonsense: '1', next: '/x' }, PATIENT)
    expect(state).toEqual({ q: '张', sort: '-id', removed: false, filters: { state__in: 'a,b' } })
    expect(fromRoute(toRoute(state, PATIENT), PATIENT)).toEqual(state)
  })
  it('asks for whole days of the hospital', () => {
    const state = { q: '', sort: '-id', removed: false, filters: { seen_at__ge: '2026-11-22', seen_at__le: '2026-11-22' } }
    expect(toServer(state, PATIENT, 'Asia/Shanghai')).toMatchObject({ seen_at__ge: '2026-11-21T16:00:00.000Z', seen_at__lt: '2026-11-22T16:00:00.000Z' })
  })
  it('leaves the order of a search to the server, unless somebody ordered otherwise', () => {
    const state = { q: '张伟', sort: PATIENT.sort, removed: false, filters: {} }
    expect(toServer(state, PATIENT, 'Asia/Shanghai').sort).toBeUndefined()
    expect(toServer({ ...state, sort: 'name' }, PATIENT, 'Asia/Shanghai').sort).toBe('name')
    expect(toServer({ ...state, q: '' }, PATIENT, 'Asia/Shanghai').sort).toBe(PATIENT.sort)
  })
  it('takes an empty filter away', () => {
    expect(withFilter({ a: '1', b: '2' }, 'a', '')).toEqual({ b: '2' })
  })
  it('finds the control and the key of a field', () => {
    expect(controlOf(field('a', 'string', { operators: [] }))).toBe('none')
    expect(controlOf(field('a', 'date', { operators: ['ge'] }))).toBe('days')
    expect(textKey(field('a', 'string', { operators: ['eq', 'contains'] }))).toBe('a__contains')
    expect(textKey(field('a', 'phone', { operators: ['eq'], masked: true }))).toBe('a')
  })
  it('sorts moments downwards first and returns to the standard', () => {
    const name = field('name', 'string')
    expect(nextSort('-id', name, '-id')).toBe('name')
    expect(nextSort('name', name, '-id')).toBe('-name')
    expect(nextSort('-name', name, '-id')).toBe('-id')
    expect(nextSort('-id', field('at', 'datetime'), '-id')).toBe('-at')
  })
  it('puts what others belong to first', () => {
    const phone = thing('phone', [field('patient_id', 'ref', { required: true, resource: 'patient' })])
    expect(leadersFirst([phone, PATIENT]).map((one) => one.name)).toEqual(['patient', 'phone'])
  })
  it('puts what belongs to a thing right behind it, and things that need each other somewhere', () => {
    const needs = (name: string, ...of: string[]): Thing => thing(name, of.map((one) => field(one, 'ref', { required: true, resource: one })))
    const names = (things: Thing[]): string[] => leadersFirst(things).map((one) => one.name)
    expect(names([needs('entry', 'list'), needs('user'), needs('list'), needs('use', 'entry'), needs('place')])).toEqual(['user', 'list', 'entry', 'use', 'place'])
    expect(names([needs('a', 'b'), needs('b', 'a')])).toEqual(['a', 'b'])
    const found = families([needs('entry', 'list'), needs('user'), needs('list'), needs('use', 'entry')])
    expect(found.map((one) => [one.leader.name, one.followers.map((thing) => thing.name)])).toEqual([['user', []], ['list', ['entry', 'use']]])
  })
})

describe('rights as a table', () => {
  const right = (resource: string, action: string): RightEntry => ({ right: `${resource}.${action}`, group: 'people', resource, action, title: { zh: '', en: '' } })
  const [line] = lines([right('patient', 'read'), right('patient', 'change'), right('patient', 'merge')])
  it('keeps what is special apart', () => {
    expect(Object.keys(line?.plain ?? {})).toEqual(['read', 'change'])
    expect(line?.special.map((one) => one.action)).toEqual(['merge'])
  })
  it('stands as the navigation has it, and does not say the thing twice', () => {
    const found = lines([right('see', 'phone'), right('visit', 'read'), right('patient', 'read')])
    expect(inOrder(found, ['patient', 'visit']).map((one) => one.resource)).toEqual(['patient', 'visit', 'see'])
    expect(['投诉：受理', 'Complaint: Accept', '查看完整号码'].map(ownWords)).toEqual(['受理', 'Accept', '查看完整号码'])
  })
  it('gives reading with changing, and takes all with reading', () => {
    if (!line) throw new Error('no line')
    const given = toggled(new Set(), line, right('patient', 'change'))
    expect([...given].sort()).toEqual(['patient.change', 'patient.read'])
    expect([...toggled(given, line, right('patient', 'read'))]).toEqual([])
    expect(toggledLine(new Set(['other.read']), line).size).toBe(4)
    expect([...toggledLine(toggledLine(new Set(['other.read']), line), line)]).toEqual(['other.read'])
  })
})

describe('a patient in one stream', () => {
  const card = { id: 1, name: '张伟', gender: '', age: 62, mrn: '', tags: [], relation: '', language: 'zh', last_contact_at: null, alerts: [], open_items: [],
    visits: [{ at: '2026-11-01T00:00:00Z', kind: 'inpatient', department: '心内科', doctor: null, diagnosis: '冠心病' }],
    calls: [{ id: 9, at: '2026-11-02T00:00:00Z', outcome: 'answered', queue: null, agent: null, disposition: null }] }
  it('shows what the card brought, newest first, by the days of the hospital', () => {
    const entries = fromCard(card)
    expect(entries.map((one) => one.kind)).toEqual(['call_record', 'visit'])
    expect(byDay([{ ...entries[0]!, at: '2026-11-01T17:00:00Z' }, { ...entries[1]!, at: '2026-11-01T15:00:00Z' }], 'Asia/Shanghai').map((one) => one.day)).toEqual(['2026-11-02', '2026-11-01'])
  })
  it('counts what is there until the server counts', () => {
    expect(counted([], {}, fromCard(card))).toEqual([{ kind: 'call_record', n: 1 }, { kind: 'visit', n: 1 }])
    expect(counted(['visit', 'fee'], { visit: 30 }, [])).toEqual([{ kind: 'visit', n: 30 }])
  })
  it('finds everything that points to him and may be read', () => {
    const of = (name: string, allowed: string[]) => thing(name, [field('patient_id', 'ref', { resource: 'patient' })], { allowed })
    const shelves = ofPatient([PATIENT, of('fee', ['read']), of('visit', ['read']), of('consent', []), { ...of('complaint', ['read']), group: 'service' }], [])
    expect(shelves.map((one) => [one.name, one.things.map(({ thing: it }) => it.name)])).toEqual([['medical', ['visit', 'fee']], ['service', ['complaint']]])
  })
})
