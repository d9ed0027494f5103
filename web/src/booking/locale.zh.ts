export default {
  booking: {
    title: '出诊日历', book: '预约挂号', move: '改期', moving: '改期：{number}', for: '为 {name} 预约', department: '科室', doctor: '医生', any_doctor: '不限医生', day: '日期', slot: '时段',
    find: '输入科室或医生', free: '余 {n}', none_free: '约满', none_here: '所选范围内没有号', pick_department: '先选科室', pick_slot: '选一个时段，号会为您保留', pick_move: '选一个新的时段，原来的号随后释放', held: '已保留，还剩 {time}',
    hold_over: '保留已到期，请重新选择', confirm: '确认预约', confirm_move: '确认改期', contact: '联系电话', contact_hint: '空：档案中的首选号码', note: '备注', done: '已预约：{number}，{when}，第 {queue} 号',
    moved: '已改期：{when}，预约号 {number} 不变', wait: '加入候补', waiting: '已加入候补名单，有号时按顺序留号', place: '地点', price: '挂号费', change: '更换', keys: '↑↓ 选择　→ 下一步　← 返回　Enter 确认',
    when: '{day} {from}–{to}', queue: '第 {n} 号', cancel: '取消预约', cancel_reason: '取消原因', cancelled: '已取消，号源已释放', keep: '不取消', mine: '预约', no_mine: '没有预约', number: '预约号',
    today: '本周', before: '上一周', after: '下一周', all_departments: '全部科室', am: '上午', pm: '下午', evening: '晚间', empty_week: '这一周没有出诊。排班在“出诊排班”中维护。', booked: '约 {booked}/{seats}',
    stands_in: '替 {name}', extra: '加开', refresh: '按排班更新', refreshed: '新增 {made}，移除 {removed}，保留 {kept}', add: '加开门诊', clinic: '门诊', close: '关闭', nobody: '无人预约',
    stop: '停诊', reopen: '恢复出诊', reopened: '已恢复出诊', more: '加号', more_done: '已加 1 个号', arrive: '到诊', no_show: '爽约', show_booked: '查看预约', seats: '号',
    scope: { session: '仅这一场', days: '该医生一段时间' }, first: '从', last: '到', reason: '原因', substitute: '替诊医生', no_substitute: '无替诊', kind_of_stop: '类型',
    stop_kind: { leave: '请假', training: '进修培训', duty: '外出任务', stopped: '停诊' }, stop_warning: '已预约 {n} 人，停诊后需逐一通知。', stop_now: '确认停诊',
    stopped_none: '已停诊，无人受影响', affected: '{n} 位患者需要通知', affected_hint: '已列入“预约通知”，坐席可逐一联系并免费改期。', starts: '开始', ends: '结束', slot_min: '时段（分钟）', per_slot: '每时段号数', price_yuan: '挂号费（元）', added: '已加开门诊',
    kind: { general: '普通', expert: '专家', special: '特需' },
    state: { held: '保留中', booked: '已预约', arrived: '已到诊', no_show: '爽约', cancelled: '已取消', stopped: '停诊待改约', lapsed: '已失效' },
    refused: {
      slot_gone: '排班已变动，请重新选择时段', slot_full: '这个时段刚被约满，上面是最近的空号', slot_past: '这个时段已开始，请选更晚的', clinic_stopped: '该门诊已停诊，请换一天或换医生', hold_expired: '保留时间已过，请重新选择',
      patient_missing: '请先选择患者或建档', same_time: '该患者此时间已有预约 {number}，请先改期或取消', same_clinic: '该患者已预约此门诊（{number}），可直接改期', too_many_open: '该患者未就诊的预约已达上限，请先取消不需要的',
      missed_too_often: '该患者近期多次爽约，需由坐席或窗口预约', too_late: '已超过可自助更改的时间', wrong_state: '该预约的状态已变化，请刷新', too_early: '还没到时间', free_now: '现在就有空号，请直接预约', waits_already: '该患者已在此科室候补名单中',
      doctor_busy: '该医生此时间已有其他门诊', nothing_to_stop: '请选择要停诊的医生或科室', times: '结束时间须晚于开始时间', seats: '一次可加 1 至 20 个号',
    },
  },
}
