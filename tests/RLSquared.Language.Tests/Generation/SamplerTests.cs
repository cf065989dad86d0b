using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Tokenizers;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Generation;

/// <summary>
/// Draws from known scores: a model whose head gives id i the score <c>scores[i]</c> whatever the text.
/// </summary>
public class SamplerTests
{
    // Probabilities 0.4, 0.3, 0.2, 0.1.
    static readonly float[] logs = [MathF.Log(0.4f), MathF.Log(0.3f), MathF.Log(0.2f), MathF.Log(0.1f)];

    [Fact]
    public void Without_truncation_tokens_come_as_often_as_their_probability_says()
    {
        double[] shares = Shares(new SamplingOptions(), out float[] logProbabilities);
        AssertShares([0.4, 0.3, 0.2, 0.1], shares);
        for (int i = 0; i < 4; i++)
            Assert.Equal(logs[i], logProbabilities[i], 1e-5f);
    }

    // p² / Σ p² = 16, 9, 4, 1 of 30.
    [Fact]
    public void A_temperature_of_one_half_squares_the_probabilities() =>
        AssertShares(
            [16 / 30.0, 9 / 30.0, 4 / 30.0, 1 / 30.0], Shares(new SamplingOptions { Temperature = 0.5 }, out _));

    [Fact]
    public void Top_k_keeps_the_likeliest_and_reports_the_renormalised_probability()
    {
        AssertShares([4 / 7.0, 3 / 7.0, 0, 0], Shares(new SamplingOptions { TopK = 2 }, out float[] found));
        Assert.Equal(MathF.Log(4 / 7f), found[0], 1e-5f);
    }

    // 0.4 + 0.3 reaches 0.65; 0.4 alone does not.
    [Fact]
    public void Top_p_keeps_the_fewest_whose_mass_reaches_it()
    {
        AssertShares([4 / 7.0, 3 / 7.0, 0, 0], Shares(new SamplingOptions { TopP = 0.65 }, out _));
        AssertShares([1, 0, 0, 0], Shares(new SamplingOptions { TopP = 0.01 }, out _));
    }

    // A share of 0.45 of the likeliest is 0.18: the last falls; then top-k 2 of what is left, then 0.4 / 0.7 ≥ 0.5.
    [Fact]
    public void Min_p_comes_before_top_k_and_top_p_after_it()
    {
        AssertShares([4 / 9.0, 3 / 9.0, 2 / 9.0, 0], Shares(new SamplingOptions { MinP = 0.45 }, out _));
        AssertShares([1, 0, 0, 0], Shares(new SamplingOptions { MinP = 0.45, TopK = 2, TopP = 0.5 }, out _));
    }

    // The prompt is id 0: its score, below 0, is doubled, so that its weight 0.4 becomes 0.16.
    [Fact]
    public void A_repetition_penalty_comes_before_the_temperature()
    {
        double total = 0.16 + 0.3 + 0.2 + 0.1;
        AssertShares([0.16 / total, 0.3 / total, 0.2 / total, 0.1 / total],
            Shares(new SamplingOptions { RepetitionPenalty = 2 }, out _));
    }

    [Fact]
    public void Stop_tokens_are_not_drawn_before_the_fewest_tokens()
    {
        using LanguageModel model = Model();
        using var generator = new Generator(model);
        for (ulong seed = 0; seed < 50; seed++)
        {
            generator.Submit([0], new SamplingOptions
            {
                MinimumTokens = 3,
                MaximumTokens = 20,
                StopTokens = [0, 1],
            }, seed);
        }
        Assert.All(generator.Run(), one => Assert.All(one.Tokens.Take(3), id => Assert.InRange(id, 2, 3)));
    }

    [JudgedFact("shared:models/stories260K")]
    public void A_stop_text_that_spans_tokens_ends_the_text_before_it()
    {
        string folder = Judges.Find("shared:models/stories260K")!;
        using LanguageModel model = LanguageModel.Load(folder);
        Tokenizer tokenizer = Tokenizer.Load(folder);
        using var generator = new Generator(model, tokenizer: tokenizer);
        int[] prompt = tokenizer.Encode("Once upon a time");
        generator.Submit(prompt, Options(keeps: false));
        generator.Submit(prompt, Options(keeps: true));
        IReadOnlyList<GeneratedSequence> told = generator.Run();
        Assert.Equal(", there was a little girl named ", told[0].Text);
        Assert.Equal(", there was a little girl named Lily. S", told[1].Text);
        Assert.All(told, one => Assert.Equal(EndReason.StopText, one.Ending));

        static SamplingOptions Options(bool keeps) => new()
        {
            Temperature = 0,
            StopTexts = ["never told", "Lily. S"],
            KeepsStopText = keeps,
        };
    }

    static LanguageModel Model()
    {
        LanguageModel model = LanguageModel.Create(ModelConfiguration.Small(4, 8, 1, 1, 64) with
        {
            TiesEmbeddings = false,
        });
        // The stream is one constant row; its norm is 1 in every place, and the head's first column holds the scores.
        foreach (Parameter parameter in model.Parameters.All)
        {
            bool isNorm = parameter.Name.EndsWith("norm.weight", StringComparison.Ordinal);
            parameter.SetAll(isNorm || parameter.Name.Contains("embed_tokens") ? 1 : 0);
        }
        float[] head = new float[4 * 8];
        for (int id = 0; id < 4; id++)
            head[id * 8] = logs[id];
        model.Parameters.All.First(parameter => parameter.Name == "lm_head.weight").Value.CopyFrom(head);
        return model;
    }

    static double[] Shares(SamplingOptions options, out float[] logProbabilities)
    {
        const int draws = 4000;
        using LanguageModel model = Model();
        using var generator = new Generator(model, new GeneratorOptions { MostInFlight = 500 });
        for (ulong seed = 0; seed < draws; seed++)
            generator.Submit([0], options with { MaximumTokens = 1, StopTokens = [] }, seed);
        double[] shares = new double[4];
        logProbabilities = new float[4];
        foreach (GeneratedSequence one in generator.Run())
        {
            shares[one.Tokens[0]] += 1.0 / draws;
            logProbabilities[one.Tokens[0]] = one.LogProbabilities[0];
        }
        return shares;
    }

    // Four deviations of 4,000 draws.
    static void AssertShares(double[] wanted, double[] found)
    {
        for (int i = 0; i < wanted.Length; i++)
        {
            double deviation = Math.Sqrt(wanted[i] * (1 - wanted[i]) / 4000);
            Assert.Equal(wanted[i], found[i], wanted[i] is 0 or 1 ? 1e-9 : 4 * deviation);
        }
    }
}
