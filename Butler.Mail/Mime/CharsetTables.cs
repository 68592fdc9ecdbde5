using System.Collections.Frozen;

namespace Butler.Mail;

/// <summary>The characters that make up most of everyday text; what is read by a wrong charset has few of them.</summary>
internal static class CharsetTables
{
    /// <summary>Simplified and shared Chinese characters.</summary>
    public static readonly FrozenSet<char> Simplified =
        ("的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运您请谢附收款票订单账户密码验证登录邮件会议客服优惠免费公司产品价格联系电话网址地址谢谢祝好测试中文简体回复转发").ToFrozenSet();

    /// <summary>Traditional Chinese characters that are not shared with simplified text, and the most frequent ones that are.</summary>
    public static readonly FrozenSet<char> Traditional =
        ("的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活更別打女變四神總何電數安少報結反受目太量再感建務做接必場件計管期市直資命山金指許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思完設式色路記南品住告類求據程北邊死張該交規萬取望覺術領共確傳師觀清今切院讓識候帶導爭運您請謝附收款票訂單帳戶密碼驗證登錄郵會議客服優惠免費產品價格聯絡電話網址台灣香港測試繁體回覆轉寄").ToFrozenSet();

    /// <summary>Kanji of everyday Japanese.</summary>
    public static readonly FrozenSet<char> Kanji =
        ("日一国人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電校語土木聞食車何南万毎白天母火右読友左休父雨会同事自社発者地業方新場員立開手力問代明動京目通言理体田主題意不作用度強公持野以思家世多正安院心界教文元重近考画海売知道集別物使品計死特私始朝運終台広住真有口少町料工建空急止送切転研足究楽起着店病質待試族銀早映親験英医仕去味写字答夜音注帰古歌買悪図週室歩風紙黒花春赤青館屋色走秋夏習駅洋旅服夕借曜飲肉貸堂鳥飯勉冬昼茶弟牛魚兄犬妹姉漢様願致件名様連絡確認返信添付送信受信登録完了株式会社御世話担当部課お客情報予定変更案内申込利用方法場合関係必要問題内容表示設定個人保護管理配信停止無料購入商品注文番号日本語株返事拝啓敬具宜申上頂").ToFrozenSet();

    /// <summary>Syllables of everyday Korean.</summary>
    public static readonly FrozenSet<char> Hangul =
        ("이다는을의에가하고지기로한사리도은니를서어자인있대해나시스아그정라만수일제부전보었안상구들여요과면원유것게으으장주습모세조드무트오동신성할문으계까거화공우경국비내진소러미실용관적개간생방물중업회식음치명위선너당르였합등단연행결발교남없감말분산차후양운확님금현체제노데통때또받레재월반품입법터년크처본노건호름직마바불강설매송려료메답청십요청감사드립니다안녕하세요메일보내기회원가입비밀번호확인주문배송문의고객센터첨부파일참고바랍니다됩습").ToFrozenSet();

    /// <summary>Lower-case Cyrillic letters by how often they are met, most frequent first.</summary>
    public const string Cyrillic = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґ";
}
