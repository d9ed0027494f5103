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

# diagnosis -> gender, youngest, oldest; what is not named here anybody may have
WHO: dict[str, tuple[str, int, int]] = {
    "冠心病支架术后": ("", 45, 99), "高血压病2级": ("", 32, 99), "心房颤动": ("", 45, 99), "慢性心力衰竭": ("", 50, 99), "稳定型心绞痛": ("", 42, 99),
    "慢性阻塞性肺疾病": ("", 50, 99), "结肠息肉切除术后": ("", 35, 99), "消化性溃疡": ("", 18, 99), "脑梗死恢复期": ("", 45, 99),
    "帕金森病": ("", 58, 99), "失眠症": ("", 20, 99), "2型糖尿病": ("", 32, 99), "高尿酸血症": ("", 25, 99), "慢性肾脏病3期": ("", 35, 99),
    "肺癌术后化疗": ("", 42, 85), "乳腺癌术后复查": ("female", 32, 85), "结直肠癌术后": ("", 42, 85), "膝骨关节炎": ("", 48, 99),
    "腰椎间盘突出症": ("", 22, 99), "颈椎病": ("", 25, 99), "良性前列腺增生": ("male", 52, 99), "子宫肌瘤": ("female", 28, 60),
    "多囊卵巢综合征": ("female", 16, 42), "慢性盆腔炎": ("female", 20, 55), "孕期检查": ("female", 21, 42), "妊娠期糖尿病": ("female", 23, 42),
    "产后复查": ("female", 21, 43), "手足口病": ("", 0, 8), "儿童保健体检": ("", 0, 6), "小儿支气管炎": ("", 0, 13), "老年性白内障": ("", 58, 99),
    "青光眼": ("", 40, 99), "痤疮": ("", 13, 35), "带状疱疹": ("", 40, 99), "智齿冠周炎": ("", 17, 40), "牙周炎": ("", 25, 99),
    "更年期调理": ("female", 45, 58), "颈肩痛": ("", 20, 99),
}  # fmt: skip
STAYS = frozenset({
    "冠心病支架术后", "心房颤动", "慢性心力衰竭", "社区获得性肺炎", "慢性阻塞性肺疾病", "支气管哮喘", "结肠息肉切除术后", "消化性溃疡",
    "脑梗死恢复期",
    "2型糖尿病", "慢性肾脏病3期", "肾病综合征", "肺癌术后化疗", "乳腺癌术后复查", "结直肠癌术后", "胆囊结石术后", "急性阑尾炎术后", "腹股沟疝",
    "桡骨远端骨折", "腰椎间盘突出症", "膝骨关节炎", "良性前列腺增生", "肾结石", "子宫肌瘤", "妊娠期糖尿病", "小儿支气管炎", "老年性白内障",
})  # fmt: skip

# department -> kind, what is ordered there
ORDERS: dict[str, tuple[tuple[str, str], ...]] = {
    "cardiology": (
        ("medication", "阿司匹林肠溶片 100mg 每日一次"), ("medication", "氨氯地平片 5mg 每日一次"), ("medication", "阿托伐他汀钙片 20mg 每晚一次"),
        ("examination", "心电图"), ("examination", "心脏彩超"), ("laboratory", "血脂四项"), ("laboratory", "凝血功能"),
    ),
    "respiratory": (
        ("medication", "头孢克肟胶囊 0.1g 每日两次"), ("medication", "氨溴索口服液 10ml 每日三次"), ("examination", "胸部CT平扫"),
        ("examination", "肺功能"), ("laboratory", "血常规"), ("treatment", "雾化吸入3天"),
    ),
    "gastroenterology": (
        ("medication", "奥美拉唑肠溶胶囊 20mg 每日一次"), ("medication", "铝碳酸镁片 1g 每日三次"), ("examination", "胃镜"), ("examination", "肠镜"),
        ("examination", "腹部B超"), ("laboratory", "肝功能"),
    ),
    "neurology": (
        ("medication", "氯吡格雷片 75mg 每日一次"), ("medication", "佐匹克隆片 7.5mg 每晚一次"), ("examination", "头颅MRI"),
        ("laboratory", "血脂四项"),
        ("treatment", "康复理疗10次"),
    ),
    "endocrinology": (
        ("medication", "二甲双胍片 0.5g 每日两次"), ("medication", "左甲状腺素钠片 50ug 每日一次"), ("examination", "甲状腺彩超"),
        ("laboratory", "空腹血糖"), ("laboratory", "糖化血红蛋白"), ("laboratory", "甲状腺功能"),
    ),
    "nephrology": (
        ("medication", "缬沙坦胶囊 80mg 每日一次"), ("medication", "百令胶囊 2g 每日三次"), ("examination", "泌尿系B超"), ("laboratory", "肾功能"),
        ("laboratory", "尿常规"),
    ),
    "oncology": (
        ("medication", "昂丹司琼片 8mg 每日两次"), ("examination", "胸部CT平扫"), ("examination", "腹部B超"), ("laboratory", "肿瘤标志物"),
        ("laboratory", "血常规"), ("treatment", "静脉输液"),
    ),
    "general_surgery": (("examination", "腹部B超"), ("laboratory", "血常规"), ("laboratory", "凝血功能"), ("treatment", "换药")),
    "orthopaedics": (
        ("medication", "塞来昔布胶囊 0.2g 每日一次"), ("examination", "X光片"), ("examination", "腰椎MRI"), ("treatment", "康复理疗10次"),
        ("treatment", "换药"),
    ),
    "urology": (
        ("medication", "坦索罗辛缓释胶囊 0.2mg 每晚一次"), ("medication", "左氧氟沙星片 0.5g 每日一次"), ("examination", "泌尿系B超"),
        ("laboratory", "尿常规"), ("laboratory", "肾功能"),
    ),
    "gynaecology": (
        ("medication", "桂枝茯苓胶囊 0.93g 每日三次"), ("examination", "妇科B超"), ("laboratory", "血常规"), ("laboratory", "性激素"),
    ),
    "obstetrics": (
        ("medication", "叶酸片 0.4mg 每日一次"), ("medication", "复方铁剂 1片 每日一次"), ("examination", "产科B超"), ("laboratory", "血常规"),
        ("laboratory", "空腹血糖"),
    ),
    "paediatrics": (
        ("medication", "布洛芬混悬液 5ml 必要时"), ("medication", "氨溴索口服液 5ml 每日三次"), ("laboratory", "血常规"),
        ("treatment", "雾化吸入3天"),
    ),
    "ophthalmology": (("medication", "玻璃酸钠滴眼液 1滴 每日四次"), ("examination", "眼底照相"), ("treatment", "眼部冲洗")),
    "otolaryngology": (
        ("medication", "糠酸莫米松鼻喷剂 1喷 每日一次"), ("medication", "氯雷他定片 10mg 每日一次"), ("examination", "鼻咽镜"),
        ("treatment", "鼻腔冲洗"),
    ),
    "dermatology": (
        ("medication", "氯雷他定片 10mg 每日一次"), ("medication", "糠酸莫米松乳膏 外用 每日一次"), ("laboratory", "血常规"),
        ("treatment", "光疗6次"),
    ),
    "stomatology": (("medication", "甲硝唑片 0.2g 每日三次"), ("examination", "牙片"), ("treatment", "超声波洁牙"), ("treatment", "根管治疗")),
    "chinese_medicine": (("medication", "参苓白术散 6g 每日两次"), ("treatment", "针灸治疗"), ("treatment", "推拿6次"), ("treatment", "艾灸6次")),
}

CHRONIC_TAGS: dict[str, str] = {
    "cardiology": "高血压",
    "endocrinology": "糖尿病",
    "respiratory": "慢阻肺",
    "nephrology": "慢性肾病",
    "oncology": "肿瘤随访",
    "obstetrics": "孕产妇",
}
