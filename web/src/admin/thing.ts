/** Things as GET /api/meta describes them. Shapes only, as docs/crm.md writes them. */

export interface Words {
  zh: string
  en: string
}

export type Kind =
  | 'string' | 'text' | 'html' | 'phone' | 'id_number' | 'money' | 'email' | 'url' | 'color' | 'integer' | 'number' | 'decimal'
  | 'boolean' | 'date' | 'datetime' | 'time' | 'choice' | 'ref' | 'refs' | 'strings' | 'integers' | 'json'

export interface Choice {
  value: string | number
  title: Words
  active?: boolean
}

export interface FieldMeta {
  name: string
  title: Words
  kind: Kind
  section: string
  required: boolean
  readonly: boolean
  write_once: boolean
  /** Filled in only when the row is made: the first telephone number of a person. */
  add_only?: boolean
  write_only: boolean
  list: boolean
  detail: boolean
  form: boolean
  nullable: boolean
  default: unknown
  max_length: number | null
  min: number | null
  max: number | null
  pattern: string
  example?: string
  unit: Words | null
  hint: Words | null
  width: 'narrow' | 'half' | 'full' | ''
  choices: Choice[] | null
  dictionary: string
  resource: string
  mask: string
  masked: boolean
  sortable: boolean
  operators: string[]
  extra: boolean
  /** The column holds whole numbers: money in fen. */
  whole: boolean
  unique: boolean
}

export interface MoveMeta {
  name: string
  title: Words
  from: string[]
  to: string
  asks: string[]
  needs: string[]
  style: string
}

export interface RelatedMeta {
  name: string
  resource: string
  by: string
  title: Words
  columns?: string[]
  /** Things whose lists may fill this one. */
  sources?: string[]
}

export interface Thing {
  name: string
  path: string
  title: Words
  plural: Words
  group: string
  served: boolean
  label: string[]
  personal: boolean
  versioned: boolean
  removable: boolean
  delete_needs_reason: boolean
  allowed: string[]
  sections: { name: string; title: Words }[]
  fields: FieldMeta[]
  list_columns: string[]
  sort: string
  search: Words | null
  /** The field that says who looks after a row. */
  owner?: string
  filters: string[]
  related: RelatedMeta[]
  state: string
  moves: MoveMeta[]
  import_keys: string[][]
  panels: string[]
}

export interface Meta {
  version: string
  groups: { name: string; title: Words }[]
  dictionaries: Record<string, Choice[]>
  resources: Record<string, Thing>
}
