/*
 * The characters of the Chinese captchas: common ones that every input method offers first. Left out are
 * pairs that differ by a dot or a stroke's length, and characters of so few strokes that a crossing line
 * makes another of them.
 *
 * Depends on nothing.
 */
#ifndef CAPTCHA_CHINESE_H
#define CAPTCHA_CHINESE_H

#define CAPTCHA_CHINESE_BYTES 3 /* UTF-8 length of each of them */

/* In code point order. */
#define CAPTCHA_CHINESE_CHARACTERS                                                                           \
    "东乐书产亮亲付件价任伞低信假健光党兰关养写农冬分刊创利别制刷前剧"       \
    "剪割务努劳勇勤勺北医南厅压厚厨发叔取变叶号吃后听周咸品响哭唇唱商"       \
    "善喜嘴国圈坐块坚城墙墨声夏外夜奇奖奶妈妙妻威孙季孤学宇安宙宝客室"       \
    "宴家宽宿密导射将尾屋屏岁岛岸巡巧帆帐帽幅幕年幸床序店废康建弟张弱"       \
    "强形彩影彻律徒忍忙快怀怒怕思恩恶悟悬想愁愉慢慧懂懒戏截房扫技抓抢"       \
    "护报抬拌招拥择拳指振捕换据授掌排探接插握援搬搭摆摇撑撞播操攀收改"       \
    "敏救教敢敬数整斜斧新早明昏星春晚晨景晶智暖暗曲曾替月朋期机权李杏"       \
    "村条杯松枕林果枝染柜柱栏树校桃桌桑桥梁梅梦梨梯梳检棉棋棒棕棚森椅"       \
    "植椒楼模樱橘橙欢欣款殖段毯民江池沙河法波泳洗洞浪海深混渔温港游湖"       \
    "湿溪滑滚滩滴漫潮灯灰灾炉炒炭点炼烤热焰煮熊熟燕爆爬爱牌狗狮猪猴现"       \
    "珊珠班球琴瓜瓦瓶甜电画疆疗瘦皮盆盐盘盾省眉看真眠睡知短矮砖砚硬碎"       \
    "碗磨礼祝福禽秋科秒秘移稳空穿突窄窗立站童竹笑筑答筷算箭箱篮篷粉粥"       \
    "糕糖紧紫累红约级纸细络绳绿缝缺网美群翅翻考耕耳聚聪肤肩背胖胸脆脑"       \
    "脖脚脸腰腿舅舌舞航舱船色节花茶草荒荷莲菊菜萄营葡蒸蓝蓬蕉薄藏虎虚"       \
    "虹虾蚁蛇蛋蜂蝉蝶蟹血街衣表袋袜被裁裙裤西观规视览角解触警论词诚说"       \
    "读课谦豆象豹质贴赛走趣跨路跳踏踩蹲躺车轮软轻辉辣边迎运近还远迷追"       \
    "送透递逛速造道邮邻酸醉醒释重量金钓铁铜铝锄锅锣锤锦键锯镇镜长闹阅"       \
    "阔队阳陆院隐雁雕雨雪雷雾霜露霸静靠面鞋鞭音韵顶顺领颗风飘飞饭饼香"       \
    "马驼骆验骑骨高鱼鲜鸡鸭鹅鹤鹰鹿麦麻黄黑默鼎鼓鼠鼻齿龙龟"

#endif
