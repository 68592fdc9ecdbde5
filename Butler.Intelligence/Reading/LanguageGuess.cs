using System.Collections.Frozen;
using Butler.Intelligence.Text;

namespace Butler.Intelligence;

/// <summary>The language of a text by its function words and, for other scripts, by its letters.</summary>
public static class LanguageGuess
{
    /// <summary>What is returned when the text does not say (ISO 639-2 "undetermined").</summary>
    public const string Unknown = "und";

    private const int MaxWords = 200;

    private static readonly string[] Codes = ["en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "no", "pl", "fi", "cs", "tr"];

    // Words that belong to several languages give each of them a share.
    private static readonly string[] Words =
    [
        "the and of to is that it you for on with as this are have be at your from will or we not but what can our would there their please if has was my hi dear thanks about me do i an been just any when could a in how by all know let which up out more they he she his her were who regards hello tomorrow meeting",
        "der die das und ist nicht ein eine zu mit den von ich sie auf für dem sich wir es im an auch als wie bei oder aber nach wenn noch nur ihr ihre haben sind wird können bitte einen einer vielen dank liebe mir uns zum zur dass du dir dich mich werden kann guten hallo über am um aus dann mal ob bis vom diese diesen",
        "le la les des et est que vous je nous pour dans une un du pas sur avec ce au plus par votre vos ne sont de en à qui se mais ou cette être bonjour merci avez ai il elle suis très aux mon ma notre nos si cela d'un l'on j'ai c'est n'est cordialement pouvez fait été bien tout leur",
        "el la los las de que y en un una por con para es no su se lo como más al del le mi está me usted gracias hola pero muy sobre si ya nos tu te este esta desde cuando ha son fue también hay puede qué estimado saludos nuestro sus mañana",
        "il la di che e è un una per non con sono del della le i gli in da al mi si ma come più alla anche se ha ho ci grazie ciao sua nel questo questa lei nostra nostro essere abbiamo ti dei delle buongiorno molto saluti",
        "de het een en van ik je dat niet is te op voor met zijn aan er wij u om maar als we bij naar ook dan of heb heeft kan nog uw wel dit die bedankt graag groeten wordt worden deze hebben mijn jullie onze beste",
        "o a os as de que e do da em um uma para com não é por se mais como no na ao dos das você mas seu sua obrigado obrigada olá está foi são nos pelo pela muito já também até isso este esta bom dia temos meu minha",
        "och att det i en som är på av för med den till inte jag om ett har de vi kan du så men ska från var hej tack eller mig er dig här när hälsningar skulle",
        "og at det i en som er på af for med den til ikke jeg om et har de vi kan du så men skal fra var hej tak eller mig jer dig her når hilsen vil også blev",
        "og å det i en som er på av for med den til ikke jeg om et har de vi kan du så men skal fra var hei takk eller meg dere deg her når hilsen vil også ble fra noe",
        "i w na z że nie do się to jest o dla jak co po za od czy przez ale ma są oraz już tak dziękuję proszę pan pani dzień dobry mi go tego jej bardzo pozdrawiam",
        "ja on ei se että oli ovat mutta kun niin kuin tai myös hän minä te me ole joka sen kiitos hei voi olla nyt jos mitä tämä terveisin",
        "a je v na se že to s z do o k i jako za by ale po si jsem jsou není děkuji prosím dobrý den pro nebo tak už jen které byl máte",
        "ve bir bu için ile de da çok ama ne gibi daha var olarak değil mi ben sen biz siz teşekkürler merhaba lütfen olan kadar sonra iyi",
    ];

    private static readonly FrozenDictionary<ulong, float[]> Weights = Build();

    /// <summary>The ISO 639-1 code of the text's language, or <see cref="Unknown"/> when it is too short or unlike all known.</summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Span<float> scores = stackalloc float[Codes.Length];
        scores.Clear();
        Span<int> scripts = stackalloc int[6];
        scripts.Clear();
        var words = 0;
        var start = -1;
        var limit = Math.Min(text.Length, 4_000);
        for (var i = 0; i <= limit && words < MaxWords; i++)
        {
            var c = i < limit ? text[i] : ' ';
            if (char.IsLetter(c) || (start >= 0 && c is '\'' or '\u2019'))
            {
                start = start < 0 ? i : start;
                CountScript(c, scripts);
                continue;
            }

            if (start >= 0)
            {
                words++;
                if (Weights.TryGetValue(WordHash.Of(text.AsSpan(start, i - start)), out var weight))
                {
                    for (var l = 0; l < weight.Length; l++)
                    {
                        scores[l] += weight[l];
                    }
                }

                start = -1;
            }
        }

        return ByScript(scripts) ?? Best(scores, words);
    }

    private static string Best(ReadOnlySpan<float> scores, int words)
    {
        var best = 0;
        var second = -1f;
        for (var l = 1; l < scores.Length; l++)
        {
            if (scores[l] > scores[best])
            {
                second = scores[best];
                best = l;
            }
            else
            {
                second = Math.Max(second, scores[l]);
            }
        }

        // One shared word proves nothing; a long text without function words is a list or a code.
        var enough = scores[best] >= Math.Max(1.2f, words * 0.06f) && scores[best] > second * 1.08f;
        return enough ? Codes[best] : Unknown;
    }

    private static void CountScript(char c, Span<int> scripts)
    {
        switch (c)
        {
            case < '\u0370':
                scripts[0]++;
                break;
            case >= '\u0370' and <= '\u03FF':
                scripts[1]++;
                break;
            case >= '\u0400' and <= '\u04FF':
                scripts[2]++;
                break;
            case >= '\u3040' and <= '\u30FF':
                scripts[3] += 3;
                break;
            case >= '\u4E00' and <= '\u9FFF':
                scripts[4] += 2;
                break;
            case >= '\uAC00' and <= '\uD7AF':
                scripts[5] += 2;
                break;
            default:
                break;
        }
    }

    private static string? ByScript(ReadOnlySpan<int> scripts)
    {
        if (scripts[3] > 0 && scripts[3] + scripts[4] > scripts[0])
        {
            return "ja";
        }

        return scripts[4] > scripts[0] ? "zh" : scripts[5] > scripts[0] ? "ko" : scripts[2] > scripts[0] ? "ru" : scripts[1] > scripts[0] ? "el" : null;
    }

    private static FrozenDictionary<ulong, float[]> Build()
    {
        var weights = new Dictionary<ulong, float[]>();
        for (var l = 0; l < Codes.Length; l++)
        {
            foreach (var word in Words[l].Split(' ').Distinct())
            {
                var hash = WordHash.Of(word);
                if (!weights.TryGetValue(hash, out var row))
                {
                    weights[hash] = row = new float[Codes.Length];
                }

                row[l] = 1;
            }
        }

        foreach (var row in weights.Values)
        {
            // A word that many languages share tells little: 1, 0.7, 0.58 ...
            var share = 1 / MathF.Sqrt(row.Count(v => v > 0));
            for (var l = 0; l < row.Length; l++)
            {
                row[l] *= share;
            }
        }

        return weights.ToFrozenDictionary();
    }
}
