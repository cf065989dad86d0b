using System.Text.Json;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Tokenizers;
using RLSquared.Tensors;

namespace RLSquared.Language.Tests.Models;

/// <summary>
/// A model that was really trained: its greedy text is published, and <c>golden.json</c> has the ids and some
/// logarithms in double precision.
/// </summary>
public class StoriesTests
{
    const string Folder = "shared:models/stories260K";

    [JudgedFact(Folder)]
    public void Greedy_text_of_stories260K_is_the_published_one_with_its_log_probabilities()
    {
        string folder = Judges.Find(Folder)!;
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "golden.json")));
        int[] ids = Ids(golden.RootElement, "greedy");
        double[] logs = [.. golden.RootElement.GetProperty("logprob_greedy32").EnumerateArray()
            .Select(one => one.GetDouble())];
        using LanguageModel model = LanguageModel.Load(folder);
        Tokenizer tokenizer = Tokenizer.Load(folder);
        using var generator = new Generator(model, tokenizer: tokenizer);
        generator.Submit(
            [ids[0]], new SamplingOptions { Temperature = 0, MaximumTokens = ids.Length - 1, StopTokens = [] });
        GeneratedSequence told = Assert.Single(generator.Run());

        Assert.Equal(ids[1..], told.Tokens);
        Assert.StartsWith("Once upon a time, there was a little girl named Lily.", told.Text);
        for (int i = 0; i < logs.Length; i++)
            Assert.Equal(logs[i], told.LogProbabilities[i], 1e-4);

        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        var batch = new PackedBatch();
        batch.Add([ids[0]], ids.AsSpan(1));
        float[] trained = model.LogProbabilities(tape, batch).LogProbabilities.ToArray();
        Assert.Equal(told.LogProbabilities, trained[1..]);
    }

    static int[] Ids(JsonElement golden, string name) =>
        [.. golden.GetProperty(name).EnumerateArray().Select(one => one.GetInt32())];
}
