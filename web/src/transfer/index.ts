/** Import, export and merging: what the shell links. Out: routes for the pages' router, buttons for lists and files. */

import { fillable } from '../admin/fill'
import FillAct from '../admin/FillAct.vue'
import { addListAct, addRowAct } from '../admin/listActs'
import { useMeta } from '../admin/meta'
import type { Thing } from '../admin/meta'
import { useSession } from '../shared/session'
import ExportAct from './ExportAct.vue'
import ImportAct from './ImportAct.vue'
import MergeAct from './MergeAct.vue'

const page = () => import('./ImportPage.vue')

export const transferRoutes = [
  { path: 'import/:resource/:id(\\d+)?', component: page, props: true, meta: { title: 'transfer.import' } },
]

/** Once, before the first page is drawn. */
export function addTransferActs(): void {
  const { may } = useSession()
  const { things } = useMeta()
  addListAct({ name: 'fill', component: FillAct, for: (thing: Thing) => fillable(thing, things.value).length > 0 })
  addListAct({ name: 'import', component: ImportAct, for: (thing: Thing) => may(`${thing.name}.import`) })
  addListAct({ name: 'export', component: ExportAct, for: (thing: Thing) => may(`${thing.name}.export`) })
  addRowAct({ name: 'merge', component: MergeAct, for: (thing: Thing) => thing.name === 'patient' && may('patient.delete') && may('patient.change') })
}
