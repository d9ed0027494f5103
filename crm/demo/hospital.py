"""The invented hospital 安和医院: departments, doctors, titles, queues, dispositions, opening hours. Data only, no I/O.

In: nothing. Out: tuples that the demo loader inserts and `names.py` writes to sounds/names.toml, so what is on the screen is what is spoken.
Must not name a real hospital, doctor or number. Invariant: codes and names are unique within their tuple.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class DemoDepartment:
    """One clinic; `floor` counts from the ground floor as 1."""

    code: str
    name_zh: str
    name_en: str
    floor: int
    zone: str


@dataclass(frozen=True, slots=True)
class DemoDoctor:
    """One doctor; `title` is a key of TITLES, `clinics` are (ISO weekday, half) with half am | pm."""

    department: str
    name_zh: str
    name_en: str
    title: str
    gender: str
    clinics: tuple[tuple[int, str], ...]


TITLES: dict[str, tuple[str, str]] = {
    "renowned": ("知名专家", "Distinguished Specialist"),
    "chief": ("主任医师", "Chief Physician"),
    "associate": ("副主任医师", "Associate Chief Physician"),
    "attending": ("主治医师", "Attending Physician"),
}

HALVES: dict[str, tuple[time, time]] = {"am": (time(8, 0), time(12, 0)), "pm": (time(13, 30), time(17, 0))}

DEPARTMENTS: tuple[DemoDepartment, ...] = (
    DemoDepartment("cardiology", "心内科", "Cardiology", 3, "A"),
    DemoDepartment("respiratory", "呼吸内科", "Respiratory Medicine", 3, "B"),
    DemoDepartment("gastroenterology", "消化内科", "Gastroenterology", 3, "C"),
    DemoDepartment("neurology", "神经内科", "Neurology", 4, "A"),
    DemoDepartment("endocrinology", "内分泌科", "Endocrinology", 4, "B"),
    DemoDepartment("nephrology", "肾内科", "Nephrology", 4, "C"),
    DemoDepartment("oncology", "肿瘤科", "Oncology", 5, "A"),
    DemoDepartment("general_surgery", "普通外科", "General Surgery", 2, "A"),
    DemoDepartment("orthopaedics", "骨科", "Orthopaedics", 2, "B"),
    DemoDepartment("urology", "泌尿外科", "Urology", 2, "C"),
    DemoDepartment("gynaecology", "妇科", "Gynaecology", 5, "B"),
    DemoDepartment("obstetrics", "产科", "Obstetrics", 5, "C"),
    DemoDepartment("paediatrics", "儿科", "Paediatrics", 1, "B"),
    DemoDepartment("ophthalmology", "眼科", "Ophthalmology", 6, "A"),
    DemoDepartment("otolaryngology", "耳鼻喉科", "Ear, Nose and Throat", 6, "B"),
    DemoDepartment("dermatology", "皮肤科", "Dermatology", 6, "C"),
    DemoDepartment("stomatology", "口腔科", "Dentistry", 7, "A"),
    DemoDepartment("chinese_medicine", "中医科", "Traditional Chinese Medicine", 7, "B"),
)


def _doctor(department: str, name_zh: str, name_en: str, title: str, gender: str, clinics: str) -> DemoDoctor:
    """`clinics` in short: `1a 3p` is Monday morning and Wednesday afternoon."""
    halves = {"a": "am", "p": "pm"}
    return DemoDoctor(department, name_zh, name_en, title, gender, tuple((int(one[0]), halves[one[1]]) for one in clinics.split()))


DOCTORS: tuple[DemoDoctor, ...] = (
    _doctor("cardiology", "王丽华", "Wang Lihua", "renowned", "female", "1a 4a"),
    _doctor("cardiology", "陈国栋", "Chen Guodong", "chief", "male", "2a 3p"),
    _doctor("cardiology", "刘思远", "Liu Siyuan", "associate", "male", "1p 5a"),
    _doctor("respiratory", "周建平", "Zhou Jianping", "chief", "male", "1a 3a"),
    _doctor("respiratory", "赵雪梅", "Zhao Xuemei", "associate", "female", "2p 4p"),
    _doctor("respiratory", "孙浩然", "Sun Haoran", "attending", "male", "5a 6a"),
    _doctor("gastroenterology", "吴志强", "Wu Zhiqiang", "chief", "male", "2a 4a"),
    _doctor("gastroenterology", "郑晓红", "Zheng Xiaohong", "associate", "female", "1p 3a"),
    _doctor("gastroenterology", "马文博", "Ma Wenbo", "attending", "male", "5p"),
    _doctor("neurology", "林振华", "Lin Zhenhua", "renowned", "male", "2a"),
    _doctor("neurology", "黄慧敏", "Huang Huimin", "chief", "female", "1a 4p"),
    _doctor("neurology", "徐嘉明", "Xu Jiaming", "associate", "male", "3a 5a"),
    _doctor("endocrinology", "何淑芬", "He Shufen", "chief", "female", "1a 3p"),
    _doctor("endocrinology", "郭明远", "Guo Mingyuan", "associate", "male", "2a 5a"),
    _doctor("nephrology", "高建军", "Gao Jianjun", "chief", "male", "3a"),
    _doctor("nephrology", "梁玉洁", "Liang Yujie", "associate", "female", "1p 4a"),
    _doctor("oncology", "谢文斌", "Xie Wenbin", "renowned", "male", "1a 3a"),
    _doctor("oncology", "宋雅琴", "Song Yaqin", "chief", "female", "2p 4a"),
    _doctor("oncology", "唐子轩", "Tang Zixuan", "associate", "male", "5a"),
    _doctor("general_surgery", "韩大勇", "Han Dayong", "chief", "male", "1a 4p"),
    _doctor("general_surgery", "冯立新", "Feng Lixin", "associate", "male", "2a 3a"),
    _doctor("general_surgery", "董佳怡", "Dong Jiayi", "attending", "female", "5a 6a"),
    _doctor("orthopaedics", "程海峰", "Cheng Haifeng", "renowned", "male", "2a"),
    _doctor("orthopaedics", "曹永刚", "Cao Yonggang", "chief", "male", "1p 4a"),
    _doctor("orthopaedics", "袁志伟", "Yuan Zhiwei", "associate", "male", "3a 5p"),
    _doctor("urology", "邓卫东", "Deng Weidong", "chief", "male", "1a 3a"),
    _doctor("urology", "许俊杰", "Xu Junjie", "associate", "male", "2p 5a"),
    _doctor("gynaecology", "沈美玲", "Shen Meiling", "chief", "female", "1a 4a"),
    _doctor("gynaecology", "彭秀英", "Peng Xiuying", "associate", "female", "2a 3p"),
    _doctor("obstetrics", "吕静宜", "Lü Jingyi", "chief", "female", "1a 3a"),
    _doctor("obstetrics", "苏婉婷", "Su Wanting", "associate", "female", "2p 5a"),
    _doctor("obstetrics", "蒋晓燕", "Jiang Xiaoyan", "attending", "female", "4a 6a"),
    _doctor("paediatrics", "蔡明珠", "Cai Mingzhu", "renowned", "female", "1a 3a"),
    _doctor("paediatrics", "贾春生", "Jia Chunsheng", "chief", "male", "2a 4a"),
    _doctor("paediatrics", "丁若曦", "Ding Ruoxi", "associate", "female", "5a 6a"),
    _doctor("ophthalmology", "魏东升", "Wei Dongsheng", "chief", "male", "1a 4p"),
    _doctor("ophthalmology", "薛丽娟", "Xue Lijuan", "associate", "female", "2a 3a"),
    _doctor("otolaryngology", "叶立群", "Ye Liqun", "chief", "male", "2a 5a"),
    _doctor("otolaryngology", "余佳宁", "Yu Jianing", "associate", "female", "1p 3a"),
    _doctor("dermatology", "潘雨桐", "Pan Yutong", "chief", "female", "1a 3a"),
    _doctor("dermatology", "杜鹏飞", "Du Pengfei", "associate", "male", "4p 6a"),
    _doctor("stomatology", "戴文静", "Dai Wenjing", "chief", "female", "2a 4a"),
    _doctor("stomatology", "夏俊豪", "Xia Junhao", "attending", "male", "1a 5p"),
    _doctor("chinese_medicine", "钟德厚", "Zhong Dehou", "renowned", "male", "1a 2a 4a"),
    _doctor("chinese_medicine", "汪素云", "Wang Suyun", "chief", "female", "3p 5a"),
)
