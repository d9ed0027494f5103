"""Words from which believable invented patients are made: names, diagnoses, orders, tags. Data only.

In: nothing. Out: tuples. Must not hold a real person. Invariant: every department of the invented hospital has diagnoses and orders.
"""

from __future__ import annotations

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_MALE = (
    "伟 强 磊 军 勇 杰 涛 明 超 刚 平 辉 鹏 华 飞 鑫 波 斌 宇 浩 凯 健 俊 帆 峰 "
    "志强 建国 建华 国强 文杰 子轩 浩然 宇航 一鸣 天佑 德胜 永福 家豪 俊熙 思源 博文 晓东 海涛 志远 世杰 立群 振国 学文 长江 庆华"
)
GIVEN_MALE = _MALE.split()
_FEMALE = (
    "芳 娜 敏 静 丽 艳 娟 霞 秀兰 玲 燕 红 梅 莉 兰 婷 雪 颖 琳 倩 慧 洁 欣 佳 悦 "
    "桂英 秀英 玉兰 淑珍 雨涵 梓涵 欣怡 诗涵 思琪 晓雯 美玲 雅静 春梅 丽华 凤英 海燕 小红 佳怡 梦洁 文静 若曦 婉清 语嫣 素云 月华"
)
GIVEN_FEMALE = _FEMALE.split()

DIAGNOSES: dict[str, tuple[str, ...]] = {
    "cardiology": ("冠心病支架术后", "高血压病2级", "心房颤动", "慢性心力衰竭", "稳定型心绞痛"),
    "respiratory": ("社区获得性肺炎", "慢性阻塞性肺疾病", "支气管哮喘", "急性支气管炎"),
    "gastroenterology": ("慢性胃炎", "胃食管反流病", "结肠息肉切除术后", "消化性溃疡"),
    "neurology": ("脑梗死恢复期", "偏头痛", "帕金森病", "失眠症"),
    "endocrinology": ("2型糖尿病", "甲状腺功能减退", "甲状腺结节", "高尿酸血症"),
    "nephrology": ("慢性肾脏病3期", "肾病综合征", "尿路感染"),
    "oncology": ("肺癌术后化疗", "乳腺癌术后复查", "结直肠癌术后"),
    "general_surgery": ("胆囊结石术后", "急性阑尾炎术后", "腹股沟疝"),
    "orthopaedics": ("腰椎间盘突出症", "桡骨远端骨折", "膝骨关节炎", "颈椎病"),
    "urology": ("良性前列腺增生", "肾结石", "膀胱炎"),
    "gynaecology": ("子宫肌瘤", "多囊卵巢综合征", "慢性盆腔炎"),
    "obstetrics": ("孕期检查", "妊娠期糖尿病", "产后复查"),
    "paediatrics": ("上呼吸道感染", "小儿支气管炎", "手足口病", "儿童保健体检"),
    "ophthalmology": ("老年性白内障", "干眼症", "屈光不正", "青光眼"),
    "otolaryngology": ("过敏性鼻炎", "慢性咽炎", "中耳炎"),
    "dermatology": ("湿疹", "荨麻疹", "痤疮", "带状疱疹"),
    "stomatology": ("龋齿", "牙周炎", "智齿冠周炎"),
    "chinese_medicine": ("脾胃虚弱", "气血不足", "颈肩痛", "更年期调理"),
}

ORDERS: dict[str, tuple[str, ...]] = {
    "medication": ("阿司匹林肠溶片 100mg 每日一次", "二甲双胍 0.5g 每日两次", "阿莫西林 0.5g 每日三次", "氨氯地平 5mg 每日一次"),
    "examination": ("胸部CT平扫", "心电图", "腹部B超", "头颅MRI", "胃镜"),
    "laboratory": ("血常规", "肝功能", "血脂四项", "空腹血糖", "尿常规"),
    "treatment": ("康复理疗10次", "换药", "静脉输液", "针灸治疗"),
}

CHRONIC_TAGS: dict[str, str] = {
    "cardiology": "高血压",
    "endocrinology": "糖尿病",
    "respiratory": "慢阻肺",
    "nephrology": "慢性肾病",
    "oncology": "肿瘤随访",
    "obstetrics": "孕产妇",
}
