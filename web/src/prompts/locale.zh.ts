export default {
  prompt: {
    title: '提示音', find: '搜索文字或编号', any_flow: '全部流程', any_source: '全部来源', only_unused: '未使用', new: '新建提示音', none: '没有符合条件的提示音。', text_zh: '中文文字', text_en: '英文文字', text_hint: '来电者听到的话', id: '编号（可不填）', id_hint: '例如 car_park',
    id_rule: '编号以小写字母开头，只用小写字母、数字和下划线，最多 60 个字符。', id_taken: '这个编号已经有了，请换一个。', both_texts: '中文和英文都要填写：两种语言的来电者都会听到。', make: '生成语音', speaking: '正在生成语音…', use_it: '使用这条提示音',
    no_sound_yet: '还有语言没有声音：请录音、上传，或启动语音服务后生成。', play_zh: '播放中文', play_en: '播放英文', stop: '停止', listen: '试听', record: '录音', record_again: '重新录音', record_zh: '录制中文', record_en: '录制英文', discard: '放弃', keep: '保存录音', level: '音量', no_text: '没有文字',
    refused: '浏览器不允许使用麦克风：请点地址栏左侧的图标，允许麦克风后重试。', no_microphone: '没有找到麦克风：请接好麦克风，或改为上传声音文件。', sound_kept: '声音已保存，新的来电立即使用', spoken: '语音已生成', speak: '语音合成', upload: '上传', uploading: '正在上传…',
    back_to_shipped: '恢复出厂', shipped_again: '已恢复出厂声音', cannot_play: '这个声音放不出来，请重新生成或录制。', seconds: '{s} 秒', source: { shipped: '出厂', tts: '合成', upload: '上传', recorded: '录音', none: '没有声音' },
    used_in: '使用位置', not_used: '未使用', unused_hint: '没有流程使用这条提示音', edit: '修改文字', save: '保存', saved: '文字已保存', text_kept_sound: '文字改了，声音还是原来的：请重新合成或录制。', changed: '最近修改', never: '未修改', history: '历史', no_history: '还没有修改记录。', remove: '删除', remove_sure: '删除提示音「{id}」？',
    removed: '已删除', remove_lead: '文字和两种语言的声音都会删除。', zh: '中文', en: '英文', sound: '声音', text: '文字', conflict: '别人刚刚改过这条提示音，已显示最新内容，请再看一遍后保存。',
    action: { restore: '恢复出厂', add: '新建', change: '修改文字', text: '修改文字', speak: '语音合成', tts: '语音合成', upload: '上传声音', recorded: '录音', record: '录音', shipped: '恢复出厂', remove: '删除', audio: '更换声音' },
  },
}
