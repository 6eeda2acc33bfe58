"""What classes are called in data sets: with numbers before them, misspelt, in other languages.

Only what means one emotion whatever the data set is understood. A number means a different one in
each (see `ORDERS`), and so do words such as "natural" or the Portuguese "desgosto".
"""

from functools import cache

from fer import emotions
from fer.data.names import words

ORDERS: dict[str, tuple[int, tuple[str, ...]]] = {
    # https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge/data:
    # "0=Angry, 1=Disgust, 2=Fear, 3=Happy, 4=Sad, 5=Surprise, 6=Neutral".
    "FER-2013": (0, emotions.FER2013_CODES),
    # The readme of RAF-DB (Li, Deng, Du: Reliable Crowdsourcing and Deep Locality-Preserving
    # Learning for Expression Recognition in the Wild, CVPR 2017): "1: Surprise 2: Fear 3: Disgust
    # 4: Happiness 5: Sadness 6: Anger 7: Neutral".
    "RAF-DB": (1, ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral")),
    # The readme of AffectNet (Mollahosseini, Hasani, Mahoor, IEEE Transactions on Affective
    # Computing 2019): "0: Neutral, 1: Happiness, 2: Sadness, 3: Surprise, 4: Fear, 5: Disgust,
    # 6: Anger, 7: Contempt, 8: None, 9: Uncertain, 10: No-Face".
    "AffectNet": (
        0,
        ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt", *3 * [""]),
    ),
    # Keras' image_dataset_from_directory and torchvision's ImageFolder number folders so.
    "the alphabet": (0, tuple(sorted(emotions.FER2013))),
}
"""Usual meanings of numbers by data set: the first number, and the labels; "" is no emotion."""

_SYMBOLS = {
    "angry": "😠😡🤬👿",
    "disgust": "🤢🤮",
    "fear": "😨😱😰",
    "happy": "😀😃😄😁😆😊😂🤣☺",
    "neutral": "😐😑😶",
    "sad": "😢😭☹🙁😞",
    "surprise": "😮😲😯",
    "contempt": "😏",
}

# English (and how it is misspelt), German, French, Spanish, Italian, Portuguese, Dutch, Swedish,
# Danish, Norwegian, Finnish, Polish, Czech, Hungarian, Romanian, Turkish, Indonesian, Vietnamese;
# Russian, Ukrainian, Greek; Arabic, Persian, Hebrew; Hindi, Bengali, Thai; Chinese, Japanese,
# Korean.
_WORDS = {
    "angry": """
        angriness angrily anrgy angy agry angery rage raging fury furious madness; wut wütend
        ärger zorn zornig; colère en_colère fâché fâchée énervé énervée; ira enojo enojado enojada
        enfado enfadado enfadada rabia; rabbia arrabbiato arrabbiata collera; raiva zangado
        zangada; boos woede; arg ilska; vred vrede; sint sinne; viha vihainen; złość gniew zły;
        hněv vztek naštvaný; harag düh dühös mérges; furie furios nervos; kızgın kızgınlık öfke
        öfkeli; marah; tức_giận giận_dữ; злость гнев злой ярость; гнів злість; θυμός; غضب غاضب
        الغضب; خشم عصبانی عصبانیت خشمگین; כעס; क्रोध गुस्सा; রাগ; โกรธ; 生气 愤怒 发怒 怒 怒气 生氣
        憤怒; 怒り 怒る 怒った; 분노 화남 화
    """,
    "disgust": """
        disgut disguist; ekel angeekelt angewidert; dégoût dégoûté dégoûtée; asco repugnancia;
        disgusto disgustato disgustata; nojo aversão repulsa; walging afschuw; avsky äckel; afsky
        væmmelse; inho; wstręt obrzydzenie odraza; znechucení odpor hnus; undor; dezgust; iğrenme
        tiksinme tiksinti iğrenmiş; jijik; ghê_tởm; отвращение; відраза огида; αηδία; اشمئزاز قرف
        الاشمئزاز; انزجار; גועל; घृणा; ঘৃণা; รังเกียจ ขยะแขยง; 厌恶 恶心 反感 厭惡 噁心 嫌恶; 嫌悪
        嫌悪感; 혐오 역겨움
    """,
    "fear": """
        feer fearfulness frightened terrified terror; angst furcht ängstlich; peur effrayé
        effrayée apeuré; miedo temor asustado asustada; paura impaurito spaventato spaventata;
        medo assustado assustada; rädd rädsla; frygt bange; frykt redd; pelko peloissaan; strach;
        félelem; frică teamă; korku korkmuş korkulu; takut; sợ_hãi; страх испуг; переляк; φόβος;
        خوف خائف الخوف; ترس ترسیده; פחד; डर भय; ভয়; กลัว; 害怕 恐惧 恐懼 惊恐 驚恐; 恐れ 恐怖
        怖い; 공포 두려움 무서움
    """,
    "happy": """
        hapy happyness hapiness happines happpy joyful glad; freude fröhlich glücklich glück; joie
        heureux heureuse joyeux joyeuse; feliz felicidad alegría alegre contento contenta; felice
        felicità gioia; felicidade; blij vrolijk; glädje; glæde; glede; iloinen ilo onnellinen;
        radość szczęście szczęśliwy wesoły; radost štěstí šťastný; boldog boldogság öröm; fericire
        fericit bucurie; mutlu mutluluk; senang bahagia gembira; vui vui_vẻ hạnh_phúc; счастье
        радость счастливый; щастя радість; χαρά ευτυχία; سعادة سعيد فرح السعادة الفرح; شادی شاد
        خوشحال خوشحالی; שמחה שמח; खुशी खुश प्रसन्न; সুখ খুশি; มีความสุข ความสุข; 高兴 开心 快乐 喜悦
        幸福 喜 高興 開心 快樂 喜悅; 喜び 嬉しい 幸せ 楽しい; 행복 기쁨
    """,
    "neutral": """
        neutrality neutralness netural nuetral nutral neutal expressionless no_expression
        no_emotion; neutralität; neutre; neutro neutra sin_emoción; neutrale; neutraal; neutralt;
        neutraali; neutralny neutralna neutralne; neutrální; semleges; neutru; nötr; netral;
        bình_thường trung_tính trung_lập; нейтральный нейтральное нейтрально нейтрал; нейтральний;
        ουδέτερο ουδέτερος; محايد حيادي; خنثی; ניטרלי; तटस्थ; নিরপেক্ষ; เป็นกลาง เฉยๆ; 中性 平静
        中立 无表情 平靜 無表情; 無表情 真顔; 중립 무표정
    """,
    "sad": """
        saddness sadnes sorrow sorrowful unhappiness tearful; trauer traurig traurigkeit;
        tristesse triste; tristeza; tristezza; verdriet verdrietig; ledsen sorg sorgsen;
        trist tristhed; surullinen suru; smutek smutny; smutný; szomorú szomorúság; tristețe;
        üzgün üzüntü; sedih;
        buồn buồn_bã; грусть печаль грустный печальный; сум смуток сумний; λύπη θλίψη; حزن حزين
        الحزن; غم غمگین; עצב עצוב; दुख दुःख उदास उदासी; দুঃখ; เศร้า ความเศร้า; 悲伤 伤心 难过 悲哀
        悲 悲傷 傷心 難過; 悲しみ 悲しい; 슬픔
    """,
    "surprise": """
        suprise surpise supprise suprised amazed astonished astonishment; überraschung überrascht
        ueberraschung ueberrascht; surpris étonné étonnée étonnement; sorpresa sorprendido
        sorprendida; sorpreso; surpresa surpreso; verrast verrassing; förvånad förvåning
        överraskad; overrasket overraskelse; yllätys yllättynyt; zaskoczenie zdziwienie
        zaskoczony; překvapení překvapený; meglepetés meglepett meglepődött; surpriză surprins;
        şaşkın şaşkınlık şaşırma şaşırmış sürpriz; terkejut kaget; ngạc_nhiên bất_ngờ; удивление
        удивлённый; здивування подив; έκπληξη; مفاجأة دهشة متفاجئ المفاجأة; تعجب شگفتی متعجب;
        הפתעה מופתע; आश्चर्य हैरान; বিস্ময়; ประหลาดใจ แปลกใจ; 惊讶 惊奇 吃惊 惊喜 驚訝 驚奇 吃驚
        驚喜; 驚き 驚愕 驚く; 놀람 놀라움 놀란
    """,
    "contempt": """
        contemp contemt disdain; verachtung verächtlich; mépris méprisant; desprecio; disprezzo;
        desprezo; minachting; förakt; foragt; forakt; halveksunta; pogarda; pohrdání opovržení;
        megvetés; dispreț; küçümseme aşağılama; khinh_thường khinh_bỉ; презрение; презирство
        зневага; περιφρόνηση; احتقار ازدراء الاحتقار; تحقیر; בוז; तिरस्कार; 轻蔑 蔑视 鄙视 輕蔑
        蔑視 鄙視; 軽蔑; 경멸
    """,
}

_AROUND = frozenset(
    words(
        "image images img imgs face faces facial photo photos picture pictures pic pics class "
        "label emotion emotions emotional expression expressions data dataset set sample samples "
        "people person folder category crop crops cropped aligned bilder gesichter fotos visages "
        "imagenes rostros caras 的 表情"
    )
)
"""Words that stand beside an emotion and change nothing: `angry_images`, `Class 3 Happy`."""

_WITHOUT_DOTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})  # as German writes them in ASCII
_SHORTEST = 3  # letters of an alias beside anything else: "co" is contempt, "CO 2" is not
_SHORTEST_MISSPELT = 7  # "tad" is not sad


def understood(name: str) -> str:
    """The emotion that a class of this name holds in any data set; "" if that is not certain.

    >>> understood("0 - Angry"), understood("suprise_images"), understood("Freude"), understood("3")
    ('angry', 'surprise', 'happy', '')
    """
    if emotions.is_known(name):
        return emotions.canonical(name)
    found = words(name)
    telling = [word for word in found if word not in _AROUND]
    for phrase in (found, telling):
        if len(phrase) > 1 and (label := _words().get(" ".join(phrase))):
            return label
    labels = {_of_word(word) for word in telling}
    return labels.pop() if len(labels) == 1 else ""


def _of_word(word: str) -> str:
    if len(word) < _SHORTEST and word.isascii():
        return ""
    if label := _words().get(word, "") or _words().get(word.removesuffix("的"), ""):
        return label
    if len(word) < _SHORTEST_MISSPELT or not word.isascii():
        return ""
    labels = {
        one.label
        for one in emotions.EMOTIONS.values()
        for right in (one.label, *one.aliases)
        if len(right) >= _SHORTEST_MISSPELT and _is_misspelt(word, right)
    }
    return labels.pop() if len(labels) == 1 else ""


def _is_misspelt(word: str, right: str) -> bool:
    """Whether one letter is missing, added or wrong, or two are exchanged; never the first."""
    if word[0] != right[0]:  # "tearful" is not fearful
        return False
    while word and right and word[0] == right[0]:
        word, right = word[1:], right[1:]
    while word and right and word[-1] == right[-1]:
        word, right = word[:-1], right[:-1]
    is_exchanged = len(word) == 2 and word == right[::-1]
    return max(len(word), len(right)) <= 1 or is_exchanged


@cache
def _words() -> dict[str, str]:
    """The label of every word and symbol, written as `words` gives it."""
    meanings = {}
    for label, one in emotions.EMOTIONS.items():
        listed = _WORDS[label].replace(";", " ").split()
        for word in (label, *one.aliases, *listed, *_SYMBOLS[label], one.symbol):
            for spelling in (word, word.lower().translate(_WITHOUT_DOTS)):
                meanings[" ".join(words(spelling))] = label
    return meanings
