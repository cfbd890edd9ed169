"""What each language writes with: letters, quotes, habits of numbers and addresses, common words.

The words are common ones, chosen so that every accented letter of the language occurs.
"""

from dataclasses import dataclass
from typing import Literal

Script = Literal["latin", "greek", "cyrillic"]


@dataclass(frozen=True)
class Language:
    """How one language is written."""

    code: str
    """ISO 639-1."""
    letters: str
    """Lower-case letters beyond a-z, or beyond what an English eye expects of the script."""
    quotes: tuple[str, str]
    separators: tuple[str, str]
    """Of thousands, and before the decimals."""
    currency: str
    street: str
    """Pattern of a street and house number; {w} is a word, {n} a number."""
    reference: str
    """Pattern of a reference; {n} and {m} are numbers."""
    firm: str
    """Pattern of a company's name; {w} is a word."""
    abbreviations: tuple[str, ...]
    common: tuple[str, ...]
    script: Script = "latin"
    dictionary: str = ""
    """Name of the word list that a package of pipelines/setup/packages.txt installs."""
    passage: str = ""
    """Whole sentences."""


def _words(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_ALL = (
    Language(
        code="en",
        letters="",
        quotes=("“", "”"),
        separators=(",", "."),
        currency="$",
        street="{n} {w} Street",
        reference="Ref. {n}/{m}",
        firm="{w} & Sons Ltd.",
        abbreviations=(
            "e.g.",
            "i.e.",
            "etc.",
            "Mr.",
            "Mrs.",
            "Dr.",
            "St.",
            "vs.",
            "c/o",
            "a.m.",
            "p.",
            "vol.",
        ),
        common=_words(
            "the of and to a in that is was for it with as his on be at by had not are but from "
            "or have an they which one you were all her she there would their we him been has "
            "when who will no more if out so up said what its about than into them can only "
            "other time new some could these two may first then do any like my now over such "
            "our man me even most made after also did many off before must well back through "
            "years much where your way down should because long each just state those people "
            "too little very good world make still see own work men day get here old life both "
            "between being under three never know same last another while us might great year "
            "come since against right came take letter paper house water morning night street "
            "office account payment receipt goods witness county signed church river garden "
            "winter railway clerk farmer village question"
        ),
        dictionary="american-english",
    ),
    Language(
        code="de",
        letters="äöüß",
        quotes=("„", "“"),
        separators=(".", ","),
        currency="€",
        street="{w}straße {n}",
        reference="Az. {n}/{m}",
        firm="{w} & Söhne GmbH",
        abbreviations=(
            "z. B.",
            "d. h.",
            "usw.",
            "bzw.",
            "Nr.",
            "Dr.",
            "Str.",
            "u. a.",
            "ca.",
            "vgl.",
            "Abs.",
        ),
        common=_words(
            "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als "
            "auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie "
            "einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein "
            "wurde sei kann gegen vom können schon wenn habe seine Mark ihre dann unter wir "
            "soll ich eines Jahr zwei Jahren diese dieser wieder keine Uhr seiner worden will "
            "zwischen immer was sagte gibt alle seit muss doch jetzt drei neue damit bereits da "
            "ihr seinen müssen ab ihrer ohne sondern selbst ersten nun etwa heute weil Frau "
            "Straße groß weiß Fuß Maß schließen größer süß Gruß Grüße hören schön König Öffnung "
            "Übung Ärger Äpfel Mädchen Käufer Rätsel Bäcker Rechnung Brief Zahlung Anlage "
            "Gemeinde Urkunde Zeugnis Bürger Fräulein gehören"
        ),
        dictionary="ngerman",
    ),
    Language(
        code="fr",
        letters="àâæçéèêëîïôœùûü",
        quotes=("« ", " »"),
        separators=(" ", ","),
        currency="€",
        street="{n}, rue {w}",
        reference="Réf. {n}/{m}",
        firm="{w} et Cie",
        abbreviations=(
            "p. ex.",
            "c.-à-d.",
            "etc.",
            "M.",
            "Mme",
            "Mlle",
            "n°",
            "art.",
            "av.",
            "bd",
            "s.v.p.",
        ),
        common=_words(
            "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se "
            "ce il sont avec ou son aux mais comme cette ont ses été être nous leur elle fait "
            "même deux lui sans ces entre tout aussi sa peut dont après avait on si ans tous "
            "leurs était où bien très cela encore fois peu faire pays sous contre jours avant "
            "état toute depuis chez jusqu'à lorsque aujourd'hui l'année d'une qu'il n'est "
            "c'était l'été l'œuvre cœur sœur bœuf œil naïf Noël maïs haïr ambiguë goût août sûr "
            "dû brûler forêt fenêtre tête île naître maître hôtel côté bientôt pâle âge château "
            "français leçon garçon reçu déjà voilà là père mère élève célèbre première dernière "
            "présent économie société née ex-æquo curriculum Saül capharnaüm lettre facture "
            "paiement commune témoin signé conseil rue maison travail guerre roi gens chose "
            "heure matin soir enfant eau main"
        ),
        dictionary="french",
    ),
    Language(
        code="es",
        letters="áéíñóúü",
        quotes=("«", "»"),
        separators=(".", ","),
        currency="€",
        street="Calle {w}, {n}",
        reference="N.º {n}/{m}",
        firm="{w} e Hijos, S.A.",
        abbreviations=(
            "p. ej.",
            "etc.",
            "Sr.",
            "Sra.",
            "D.ª",
            "núm.",
            "pág.",
            "art.",
            "Ud.",
            "Avda.",
            "EE. UU.",
        ),
        common=_words(
            "de la que el en y a los del se las por un para con no una su al lo como más pero "
            "sus le ya o este sí porque esta entre cuando muy sin sobre también me hasta hay "
            "donde quien desde todo nos durante todos uno les ni contra otros ese eso ante "
            "ellos e esto mí antes algunos qué unos yo otro otras otra él tanto esa estos mucho "
            "quienes nada muchos cual poco ella estar estas algunas algo nosotros mi mis tú te "
            "ti años año señor señora mañana niño España pequeño compañía sueño cigüeña "
            "vergüenza pingüino lingüística antigüedad averigüe había día todavía país según "
            "después además así aquí allí número último público página música corazón razón "
            "nación situación único álbum árbol época éxito carta factura pago recibo testigo "
            "calle casa trabajo guerra rey gente cosa hora"
        ),
        dictionary="spanish",
    ),
    Language(
        code="cs",
        letters="áčďéěíňóřšťúůýž",
        quotes=("„", "“"),
        separators=(" ", ","),
        currency="Kč",
        street="ulice {w} {n}",
        reference="č. j. {n}/{m}",
        firm="{w} a synové, s. r. o.",
        abbreviations=(
            "např.",
            "tj.",
            "atd.",
            "apod.",
            "č.",
            "str.",
            "tzv.",
            "Ing.",
            "ul.",
            "nám.",
            "odst.",
        ),
        common=_words(
            "a v se na je že o s z do i to k ve pro za by ale si po jako podle od jsem tak jsou "
            "které který jeho však bude nebo než jen už byl jak co při až aby ze mezi také před "
            "pod bylo být má byla jejich může ještě když let více kde proti nás bez první další "
            "této protože mu pouze řekl kteří tím vám dva mít rok dnes vše náš den něco někdo "
            "člověk lidé město ulice dům práce život svět země voda ruka hlava děti žena muž "
            "otec matka dopis účet platba smlouva podpis svědek obec kostel řeka les škola "
            "kniha papír úřad příliš žluťoučký kůň úpěl ďábelské ódy loďka teď ďas ťuk chuť síť "
            "zeď píseň kámen vítr čtvrtek pátek říjen září červen únor květen růže stůl můj "
            "tvůj průvod důvod ústa úterý móda balón gól tón připojený odpověď šťastný měsíc "
            "pět devět sníh nůž věž fronta"
        ),
    ),
    Language(
        code="da",
        letters="æøåé",
        quotes=("»", "«"),
        separators=(".", ","),
        currency="kr.",
        street="{w}vej {n}",
        reference="Sagsnr. {n}/{m}",
        firm="{w} & Søn A/S",
        abbreviations=(
            "f.eks.",
            "dvs.",
            "osv.",
            "bl.a.",
            "m.v.",
            "nr.",
            "ca.",
            "hr.",
            "fru",
            "jf.",
            "kgl.",
        ),
        common=_words(
            "i og at det er en til på som med de af for den der ikke et han var har sig fra om "
            "men ved have skal kan vil så efter blev når eller nu også over være mod hvor end "
            "under ud hun op alle da hans bliver sin ind man må her havde mange andre deres kun "
            "blive år to hvis før meget kommer får mellem selv siden uden dem første mere nogle "
            "både samme gør går står små blå grå gå måned måde børn gøre høj sø øl ø dør størst "
            "købe øje søn føler prøve løbe kørte død brød grøn rød kærlighed læse træ æble æg "
            "sætte hænder bærer nærmere særlig sæl præst degn våben årsag åben Århus Ærø "
            "Øresund idé allé café én regning brev betaling kvittering vidne gård kirke skole "
            "by gade hus vand arbejde konge krig dag nat uge tid liv verden mand kvinde barn "
            "hånd øre"
        ),
        dictionary="danish",
    ),
    Language(
        code="pl",
        letters="ąćęłńóśźż",
        quotes=("„", "”"),
        separators=(" ", ","),
        currency="zł",
        street="ul. {w} {n}",
        reference="Sygn. akt {n}/{m}",
        firm="{w} i Synowie sp. z o.o.",
        abbreviations=(
            "np.",
            "tj.",
            "itd.",
            "itp.",
            "nr",
            "ul.",
            "dr",
            "prof.",
            "str.",
            "m.in.",
            "tzw.",
            "woj.",
        ),
        common=_words(
            "w i na z się do nie to jest o że a po jak za od jego dla który przez są tym oraz "
            "ale może które jej czy tak być już tylko było ich także przed bardzo też ze ma był "
            "tego lub gdy bez roku więc jednak jeszcze która między sobie pod lat nad kiedy "
            "teraz można gdzie została jako dwa nic będzie dzień noc ręka głowa woda ziemia "
            "życie praca dom droga miasto wieś kościół rzeka las szkoła książka papier list "
            "rachunek zapłata podpis świadek urząd gmina król wojna ludzie człowiek kobieta mąż "
            "żona dziecko ojciec matka syn córka brat siostra zażółć gęślą jaźń źródło źle "
            "późno wieźć łódź żółty koń dłoń słońce pięć dziesięć święto śnieg środa niedziela "
            "październik kwiecień ćwiartka ćma chcieć móc pójść ósmy góra stół ból mówi ołówek "
            "ławka łąka ząb dąb sąd mądry piątek księga węgiel ręce pieniądze żaba fabryka"
        ),
    ),
    Language(
        code="it",
        letters="àèéìòù",
        quotes=("«", "»"),
        separators=(".", ","),
        currency="€",
        street="Via {w}, {n}",
        reference="Prot. n. {n}/{m}",
        firm="{w} e Figli S.r.l.",
        abbreviations=(
            "ecc.",
            "es.",
            "cioè",
            "sig.",
            "sig.ra",
            "dott.",
            "pag.",
            "n.",
            "art.",
            "p.zza",
            "c.m.",
        ),
        common=_words(
            "di e il la che in a per un del è non una con i si da le dei sono al più alla della "
            "nel come lo anche ha se gli o ma nella delle ai dal su questo ed prima tra suo "
            "stato anni tutti essere dopo due fatto hanno ci questa loro dalla ancora sua "
            "quando solo quello era fra cui perché ogni poi molto così dove già senza tutto "
            "oggi quale però parte può città società qualità libertà verità metà età carità "
            "università attività perciò lunedì martedì mercoledì giovedì venerdì sì lì né sé "
            "poiché finché affinché trentatré benché cioè caffè tè piè farò sarà dirà andrò ciò "
            "giù virtù gioventù tribù lettera fattura pagamento ricevuta testimone comune firma "
            "via casa lavoro guerra re gente cosa ora mattina sera notte acqua mano figlio "
            "padre madre fratello giorno mondo"
        ),
        dictionary="italian",
    ),
    Language(
        code="pt",
        letters="áâãàçéêíóôõú",
        quotes=("«", "»"),
        separators=(".", ","),
        currency="€",
        street="Rua {w}, {n}",
        reference="Proc. n.º {n}/{m}",
        firm="{w} & Filhos, Lda.",
        abbreviations=(
            "p. ex.",
            "etc.",
            "Sr.",
            "Sra.",
            "Dr.ª",
            "n.º",
            "pág.",
            "art.º",
            "Av.",
            "i. e.",
            "séc.",
        ),
        common=_words(
            "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao "
            "ele das à seu sua ou quando muito nos já eu também só pelo pela até isso ela entre "
            "depois sem mesmo aos seus quem nas me esse eles você essa num nem suas meu às "
            "minha numa pelos elas qual nós lhe deles essas esses pelas este dele são está anos "
            "ano dia noite manhã tarde hoje amanhã ontem mãe pai irmão irmã filho mão pão "
            "coração nação questão razão situação educação informação atenção preço força "
            "França cabeça peça começo três mês português inglês francês avô avó pôr ônibus "
            "pôde âmbito ângulo câmara lâmpada distância relações nações lições põe põem "
            "corações limões fácil difícil rápido número último único público música página "
            "saúde país aí água árvore época éter hábito história próprio carta fatura "
            "pagamento recibo testemunha freguesia rua casa trabalho guerra rei gente coisa "
            "hora mundo vida homem mulher àquele àquela"
        ),
        dictionary="portuguese",
    ),
    Language(
        code="sv",
        letters="åäöé",
        quotes=("”", "”"),
        separators=(" ", ","),
        currency="kr",
        street="{w}gatan {n}",
        reference="Dnr {n}/{m}",
        firm="{w} & Söner AB",
        abbreviations=(
            "t.ex.",
            "d.v.s.",
            "o.s.v.",
            "bl.a.",
            "m.m.",
            "nr",
            "ca",
            "jfr",
            "s.k.",
            "kap.",
            "f.d.",
        ),
        common=_words(
            "och i att det som en på är av för med till den har de inte om ett han men var jag "
            "sig från vi så kan man när år säger hon under också efter eller nu sin där vid mot "
            "ska skulle kommer ut får finns vara hade alla andra mycket än här då sedan över "
            "bara in blir upp även vad få två vill ha många hur mer går sverige detta nya "
            "procent skall dem ju dag tid liv värld människa barn kvinna hus väg gata stad "
            "kyrka skola bok brev räkning betalning kvitto vittne underskrift gård sjö skog älv "
            "å ö älska ängel äpple ägg ärlig öga öra öppen östra björn höst kött rött grön "
            "söndag lördag måndag tisdag onsdag torsdag fredag januari måne båt råg gå stå blå "
            "grå små hår fråga språk arbete kung krig fred vatten eld jord sten järn hjärta "
            "själ nätter händer fötter idé armé kafé gång därför åttio sjötio fjärde första "
            "större längre"
        ),
        dictionary="swedish",
    ),
    Language(
        code="hu",
        letters="áéíóöőúüű",
        quotes=("„", "”"),
        separators=(" ", ","),
        currency="Ft",
        street="{w} utca {n}.",
        reference="Ikt. sz. {n}/{m}",
        firm="{w} és Fiai Kft.",
        abbreviations=(
            "pl.",
            "stb.",
            "ill.",
            "kb.",
            "ún.",
            "dr.",
            "sz.",
            "old.",
            "u.",
            "ua.",
            "vö.",
            "id.",
        ),
        common=_words(
            "a az és hogy nem is egy ez azt meg de ha csak már volt mint még el ki van úgy vagy "
            "lehet most minden kell aki sem nagyon így nincs itt mert után két előtt több lesz "
            "ezt szerint ott között által ő ők amely első utolsó új régi nagy kis jó rossz "
            "ember férfi nő gyermek anya apa fiú lány testvér ház út utca város falu föld víz "
            "tűz levegő idő év hónap hét nap óra perc reggel este éjszaka élet halál munka pénz "
            "fizetés számla levél aláírás tanú bíróság község templom folyó erdő hegy iskola "
            "könyv papír betű szó nyelv magyar király háború béke szabadság törvény ügy kérdés "
            "válasz kéz láb fej szem fül szív kenyér bor tej só cukor gyümölcs virág fű fa kő "
            "kút hűvös gyűrű tükör fürdő bőr erő tető lépcső szőlő esőző műhely űr űrlap híd "
            "kígyó ír írás ígéret ón óriás öt ötven ősz őr ügyes üzlet úr úszik zöld kék piros "
            "fehér fekete"
        ),
    ),
    Language(
        code="ro",
        letters="ăâîșț",
        quotes=("„", "”"),
        separators=(".", ","),
        currency="lei",
        street="Str. {w} nr. {n}",
        reference="Nr. înreg. {n}/{m}",
        firm="{w} și Fiii S.R.L.",
        abbreviations=(
            "de ex.",
            "etc.",
            "ș.a.",
            "nr.",
            "dl.",
            "dna.",
            "str.",
            "pag.",
            "art.",
            "d.Hr.",
            "alin.",
        ),
        common=_words(
            "și de la a în cu pe care să nu o este din pentru că un au mai ca sunt prin dar ce "
            "după fi al sau s-a am ale lui ei era într-o cea acest fost într-un dintre până "
            "aceasta numai când foarte unde cum doar fără între către astfel atunci acum aici "
            "acolo toate toți fiecare altă alte noi voi ele său sa săi meu mea timp an ani zi "
            "noapte dimineață seară om femeie bărbat copil mamă tată frate soră casă drum "
            "stradă oraș sat pământ apă foc aer viață moarte muncă bani plată factură scrisoare "
            "semnătură martor judecată comună biserică râu pădure munte școală carte hârtie "
            "cuvânt limbă țară rege război pace lege întrebare răspuns mână picior cap ochi "
            "ureche inimă pâine vin lapte sare zahăr floare iarbă copac piatră fântână împărat "
            "înainte înapoi început sfârșit coborî hotărî urî știință știu așa ași șapte șase "
            "opt țăran țese mulțumesc soț soție preț viteză brânză câine gând cât atât înțelept"
        ),
    ),
    Language(
        code="tr",
        letters="çğıöşüâ",
        quotes=("“", "”"),
        separators=(".", ","),
        currency="TL",
        street="{w} Sokak No: {n}",
        reference="Sayı: {n}/{m}",
        firm="{w} ve Oğulları A.Ş.",
        abbreviations=(
            "vb.",
            "örn.",
            "vs.",
            "Dr.",
            "Sn.",
            "Cad.",
            "Sok.",
            "s.",
            "bkz.",
            "No.",
            "yy.",
            "M.Ö.",
        ),
        common=_words(
            "bir ve bu için ile de da olarak çok daha gibi olan kadar sonra ama en ne her ya o "
            "ben sen biz siz onlar şu diye değil var yok ise ki mi mı mu mü şey iki üç dört beş "
            "altı yedi sekiz dokuz on yüz bin yıl ay gün gece sabah akşam saat zaman insan "
            "kadın erkek çocuk anne baba kardeş oğul kız ev yol sokak şehir köy toprak su ateş "
            "hava hayat ölüm iş para ödeme fatura mektup imza tanık mahkeme ilçe cami ırmak "
            "orman dağ okul kitap kâğıt söz dil ülke padişah savaş barış kanun soru cevap el "
            "ayak baş göz kulak yürek ekmek şarap süt tuz şeker çiçek ot ağaç taş kuyu yeşil "
            "mavi kırmızı beyaz siyah ışık ıslak ısı sıcak soğuk yağmur kar rüzgâr güneş yıldız "
            "büyük küçük güzel çirkin eski yeni doğru yanlış önce şimdi yarın dün bugün böyle "
            "şöyle nasıl niçin çünkü hâlâ kâtip dükkân öğretmen öğrenci müdür görüş düşünce "
            "iğne değer yığın çığ"
        ),
    ),
    Language(
        code="nl",
        letters="ëïéèöü",
        quotes=("„", "”"),
        separators=(".", ","),
        currency="€",
        street="{w}straat {n}",
        reference="Kenmerk {n}/{m}",
        firm="{w} & Zonen B.V.",
        abbreviations=(
            "bijv.",
            "d.w.z.",
            "enz.",
            "o.a.",
            "nr.",
            "dhr.",
            "mevr.",
            "blz.",
            "art.",
            "ca.",
            "i.v.m.",
        ),
        common=_words(
            "de van een het en in is dat op te zijn met voor die niet aan er om ook als dan "
            "maar bij nog uit door naar heeft hij ze tot worden over ik wat hebben deze ons wel "
            "werd haar meer kan nu je wij geen zo zou was onder tegen na al zich moet twee jaar "
            "veel andere waar eerste hun dit had alle mensen tussen goed zonder dag nacht week "
            "maand uur morgen avond man vrouw kind vader moeder broer zuster huis weg straat "
            "stad dorp land water vuur lucht leven dood werk geld betaling rekening brief "
            "handtekening getuige rechtbank gemeente kerk rivier bos school boek papier woord "
            "taal koning oorlog vrede wet vraag antwoord België zeeën ideeën knieën geïnd naïef "
            "egoïst ruïne patiënt coöperatie reünie één café scène crème privé logé vóór "
            "coördinaat poëzie financiële efficiënt officiële Israël ijs ijzer wijn tijd altijd "
            "schrijven blijven gelijk rijk vrijdag zaterdag maandag"
        ),
        dictionary="dutch",
    ),
    Language(
        code="el",
        letters="άέήίόύώϊϋΐς",
        quotes=("«", "»"),
        separators=(".", ","),
        currency="€",
        street="Οδός {w} {n}",
        reference="Αρ. πρωτ. {n}/{m}",
        firm="{w} & Υιοί Α.Ε.",
        abbreviations=(
            "π.χ.",
            "δηλ.",
            "κ.λπ.",
            "κ.ά.",
            "αρ.",
            "σελ.",
            "κ.",
            "κα",
            "π.Χ.",
            "μ.μ.",
            "βλ.",
            "άρθρ.",
        ),
        common=_words(
            "και το να του η της με για που την από τα στο είναι τον οι σε στη θα δεν των ότι "
            "στην μια τους τις τη ένα μας αυτό αλλά ως κατά μετά όπως μου πολύ πιο έχει μόνο "
            "πριν χωρίς όταν ή όλα κάθε ήταν αν εδώ εκεί τώρα πάντα ποτέ σήμερα αύριο χθες "
            "ημέρα νύχτα πρωί βράδυ ώρα μήνας έτος χρόνος άνθρωπος άνδρας γυναίκα παιδί πατέρας "
            "μητέρα αδελφός σπίτι δρόμος οδός πόλη χωριό γη νερό φωτιά αέρας ζωή θάνατος "
            "εργασία χρήμα πληρωμή λογαριασμός επιστολή υπογραφή μάρτυρας δικαστήριο δήμος "
            "εκκλησία ποτάμι δάσος βουνό σχολείο βιβλίο χαρτί λέξη γλώσσα χώρα βασιλιάς πόλεμος "
            "ειρήνη νόμος ερώτηση απάντηση χέρι πόδι κεφάλι μάτι καρδιά ψωμί κρασί γάλα αλάτι "
            "ζάχαρη λουλούδι χορτάρι δέντρο πέτρα πηγάδι πράσινο μαύρο άσπρο προϊόν γαϊδούρι "
            "χαϊδεύω ευρωπαϊκός μαΐστρος πλαΐσιο πρωτοΐδρυμα καΐκι προϋπόθεση πραϋντικός αϋπνία "
            "ταΰγετος ξεφεύγω ψηφίζω ξύλο ζυγός βάθος φθινόπωρο ήλιος"
        ),
        script="greek",
        passage=(
            "Το παλιό χαρτί έφτασε στο γραφείο με λεκέδες και σκόνη. Κάθε γράμμα πρέπει να "
            "μείνει στη θέση του, όσο αχνό και αν είναι. Ο υπάλληλος διάβασε τον λογαριασμό, "
            "τον υπέγραψε και τον έβαλε στον φάκελο. Το ποσό των 1.250,80 δραχμών οφείλεται "
            "εντός τριάντα ημερών. Σας παρακαλούμε να απαντήσετε ευανάγνωστα. Η βροχή έσβησε τη "
            "μισή σελίδα, όμως οι λέξεις φαίνονται ακόμη."
        ),
    ),
    Language(
        code="ru",
        letters="ёйъыэщ",
        quotes=("«", "»"),
        separators=(" ", ","),
        currency="руб.",
        street="ул. {w}, д. {n}",
        reference="Исх. № {n}/{m}",
        firm="ООО «{w} и сыновья»",
        abbreviations=(
            "и т. д.",
            "и т. п.",
            "т. е.",
            "напр.",
            "г.",
            "ул.",
            "стр.",
            "руб.",
            "коп.",
            "см.",
            "им.",
        ),
        common=_words(
            "и в не на я быть он с что а по это она этот к но они мы весь который из у то за "
            "свой от ещё так о для ты же все год мочь вы человек такой его только или сказать "
            "себя один как другой если уже когда самый чтобы вот сам время очень под сейчас два "
            "день дом рука раз дело нет первый жизнь большой её новый стать люди наш тоже потом "
            "после здесь там где город улица деревня земля вода огонь воздух работа деньги "
            "плата счёт письмо подпись свидетель суд волость церковь река лес гора школа книга "
            "бумага слово язык страна царь война мир закон вопрос ответ нога голова глаз сердце "
            "хлеб вино молоко соль сахар цветок трава дерево камень колодец зелёный чёрный "
            "белый объём съезд подъезд объявление съёмка этаж эхо поэт экзамен сыр дым рыба "
            "мышь щека щит ящик вещь площадь ёлка ёж полёт йод май чай край юг юность любовь "
            "якорь ягода жёлтый шёпот фабрика цена цифра хороший"
        ),
        script="cyrillic",
        passage=(
            "Старая бумага пришла в контору в пятнах и пыли. Каждая буква должна остаться на "
            "своём месте, как бы бледна она ни была. Писарь прочёл счёт, подписал его и положил "
            "в папку. Сумма в 1 250,80 рубля подлежит уплате в течение тридцати дней. Просим "
            "отвечать разборчиво. Дождь смыл половину страницы, но слова ещё видны. Съёмщик "
            "объявил, что подъезд закрыт до вечера."
        ),
    ),
    Language(
        code="uk",
        letters="ґєії'",
        quotes=("«", "»"),
        separators=(" ", ","),
        currency="грн",
        street="вул. {w}, {n}",
        reference="Вих. № {n}/{m}",
        firm="ТОВ «{w} і сини»",
        abbreviations=(
            "і т. д.",
            "тобто",
            "напр.",
            "р.",
            "вул.",
            "с.",
            "грн",
            "коп.",
            "див.",
            "ім.",
            "обл.",
        ),
        common=_words(
            "і в не на що я з у він це як до та за але вона ми а вони його від ви про для був "
            "так же все її який чи по бути ще вже мене коли тільки або якщо під час тут там де "
            "день ніч рік місяць година ранок вечір людина жінка чоловік дитина мати батько "
            "брат сестра син дочка дім дорога вулиця місто село земля вода вогонь повітря життя "
            "смерть праця гроші сплата рахунок лист підпис свідок суд громада церква річка ліс "
            "гора школа книга папір слово мова країна король війна мир закон питання відповідь "
            "рука нога голова око вухо серце хліб вино молоко сіль цукор квітка трава дерево "
            "камінь криниця зелений чорний білий ґанок ґрунт ґудзик аґрус дзиґа ґрати єдність "
            "європа моє твоє є їжа їхати їжак київ україна інший ім'я п'ять дев'ять сім'я "
            "здоров'я об'єкт в'язень м'яч п'ятниця щастя щоденник площа ящик юнак любов яблуко "
            "вісім гарний дякую хвилина форма центр"
        ),
        script="cyrillic",
        passage=(
            "Старий папір надійшов до контори у плямах і пилюці. Кожна літера має лишитися на "
            "своєму місці, хоч би якою блідою вона була. Писар прочитав рахунок, підписав його "
            "й поклав до теки. Суму 1 250,80 гривні слід сплатити впродовж тридцяти днів. "
            "Просимо відповідати розбірливо. Дощ змив половину сторінки, але слова ще видно. На "
            "ґанку п'ять їжаків чекали на своє щастя."
        ),
    ),
    Language(
        code="bg",
        letters="йщъьюя",
        quotes=("„", "“"),
        separators=(" ", ","),
        currency="лв.",
        street="ул. „{w}“ № {n}",
        reference="Изх. № {n}/{m}",
        firm="„{w} и синове“ ООД",
        abbreviations=(
            "и т.н.",
            "т.е.",
            "напр.",
            "г.",
            "ул.",
            "стр.",
            "лв.",
            "ст.",
            "вж.",
            "гр.",
            "бул.",
        ),
        common=_words(
            "и на да се в за от не е са с че по до ще като но му или го това тя той те ние вие "
            "аз ти който която които при след преди още само когато където как защо тук там "
            "сега днес утре вчера ден нощ сутрин вечер час месец година време човек жена мъж "
            "дете майка баща брат сестра син дъщеря къща път улица град село земя вода огън "
            "въздух живот смърт работа пари плащане сметка писмо подпис свидетел съд община "
            "църква река гора планина училище книга хартия дума език страна цар война мир закон "
            "въпрос отговор ръка крак глава око ухо сърце хляб вино мляко сол захар цвете трева "
            "дърво камък кладенец зелен черен бял ъгъл първи вълк слънце българия пълен дълъг "
            "съм бъде шофьор бульон синьо актьор каньон юни юли ябълка ютия любов йод район чай "
            "край май щастие нещо площад ящерица жълт фабрика цена хубав шест чудо много малко "
            "голям нов стар добър лош"
        ),
        script="cyrillic",
        dictionary="bulgarian",
        passage=(
            "Старата хартия пристигна в кантората с петна и прах. Всяка буква трябва да остане "
            "на мястото си, колкото и бледа да е. Писарят прочете сметката, подписа я и я "
            "прибра в папката. Сумата от 1 250,80 лева се дължи в срок от тридесет дни. Молим "
            "да отговаряте четливо. Дъждът изми половината страница, но думите още се виждат. "
            "Актьорът седеше на ъгъла и ядеше ябълка."
        ),
    ),
)
LANGUAGES = {language.code: language for language in _ALL}
"""By ISO 639-1 code."""
