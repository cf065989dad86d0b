using RLSquared.Language.Models;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Tests.Models;

public class LanguageModelTests
{
    [Theory]
    [MemberData(nameof(SmallModels.Names), MemberType = typeof(SmallModels))]
    public void Gradients_are_those_of_central_differences(string name)
    {
        using LanguageModel model = SmallModels.Create(name);
        int V = model.Configuration.Vocabulary;
        var batch = new PackedBatch();
        batch.Add(SmallModels.Tokens(9, V, 1));
        batch.Add(SmallModels.Tokens(4, V, 2), SmallModels.Tokens(8, V, 3));
        float[] weights = [.. Enumerable.Range(0, batch.Count).Select(i => (i % 5 - 1.7f) / 3)];
        using var arena = new Arena();
        var tape = new Tape(arena);
        TokenScores scores = model.LogProbabilities(tape, batch, temperature: 1.3f);
        Tensor loss = Loss(tape, scores);
        tape.Backward(loss);

        var random = new RandomKey(5, 11, 0).Sequence(0);
        foreach (Parameter parameter in model.Parameters.All)
        {
            Assert.True(tape.TryGradientOf(parameter, out Tensor gradient), parameter.Name);
            float[] found = gradient.ToArray(), values = parameter.Value.ToArray();
            // Along a random direction, of which every number of the gradient has its share.
            double along = 0;
            float[] direction = new float[values.Length];
            for (int i = 0; i < direction.Length; i++)
            {
                direction[i] = random.NextInt(2) == 0 ? -1 : 1;
                along += direction[i] * (double)found[i];
            }
            const float h = 1f / 512;
            double difference = (8 * (At(h) - At(-h)) - (At(2 * h) - At(-2 * h))) / (12 * h);
            double scale = Math.Max(1, Math.Sqrt(found.Sum(one => (double)one * one)));
            Assert.True(Math.Abs(difference - along) < 3e-3 * scale,
                $"{parameter.Name}: the tape found {along}, differences {difference}, scale {scale}");

            double At(float step)
            {
                parameter.Value.CopyFrom([.. values.Zip(direction, (value, way) => value + step * way)]);
                using var own = new Arena();
                var plain = new Tape(own) { Recording = false };
                TokenScores now = model.LogProbabilities(plain, batch, temperature: 1.3f);
                double sum = 0;
                float[] logs = now.LogProbabilities.ToArray(), entropies = now.Entropies.ToArray();
                for (int i = 0; i < logs.Length; i++)
                    sum += weights[i] * (double)logs[i] + 0.3 * entropies[i];
                parameter.Value.CopyFrom(values);
                return sum;
            }
        }

        Tensor Loss(Tape tape, TokenScores scores) =>
            (scores.LogProbabilities * tape.Constant(new Shape(batch.Count, 1), weights)).Sum()
            + scores.Entropies.Sum() * 0.3f;
    }

    [Theory]
    [MemberData(nameof(SmallModels.Names), MemberType = typeof(SmallModels))]
    public void A_token_has_the_same_bits_alone_and_among_others(string name)
    {
        using LanguageModel model = SmallModels.Create(name);
        int V = model.Configuration.Vocabulary;
        int[][] sequences = [.. Enumerable.Range(0, 9).Select(i => SmallModels.Tokens(1 + i * i * 2, V, (ulong)i))];
        var all = new PackedBatch();
        foreach (int[] sequence in sequences)
            all.Add(sequence);
        float[] together = SmallModels.Trained(model, all);
        int row = 0;
        foreach (int[] sequence in sequences)
        {
            var single = new PackedBatch();
            single.Add(sequence);
            Assert.Equal(SmallModels.Trained(model, single), together[row..(row + sequence.Length)]);
            row += sequence.Length;
        }
    }

    [Fact]
    public void Training_in_shards_has_the_same_bits_with_one_two_and_four_threads()
    {
        float[] one = Train(1);
        Assert.Equal(one, Train(2));
        Assert.Equal(one, Train(4));

        static float[] Train(int threads)
        {
            const int shards = 4;
            using LanguageModel model = SmallModels.Create("qwen2");
            using var workers = new Workers(threads);
            using var adam = new Adam(model.Parameters);
            Tape[] tapes = [.. Enumerable.Range(0, shards).Select(_ => new Tape(new Arena()))];
            for (int step = 0; step < 4; step++)
            {
                workers.Run(shards, shard =>
                {
                    var batch = new PackedBatch();
                    for (int i = 0; i < 2; i++)
                        batch.Add(SmallModels.Tokens(10 + shard, 37, (ulong)(8 * step + 2 * shard + i)));
                    tapes[shard].Reset();
                    tapes[shard].Backward(-model.LogProbabilities(tapes[shard], batch).LogProbabilities.Sum());
                });
                model.Parameters.SumGradients(tapes);
                adam.Step(0.01f);
            }
            return [.. model.Parameters.All.SelectMany(parameter => parameter.Value.ToArray())];
        }
    }

    [Theory]
    [InlineData("llama", false)]
    [InlineData("qwen3", true)]
    public void Recomputed_layers_give_the_same_gradients_in_less_memory(string name, bool hasAdapter)
    {
        using LanguageModel model = SmallModels.Create(SmallModels.Configuration(name) with { Layers = 8 });
        if (hasAdapter)
        {
            model.AddAdapter(new AdapterConfiguration { Rank = 4 }, seed: 1);
            foreach (Parameter one in model.Parameters.Group("adapter").All)
                one.SetAll(0.01f);
        }
        var batch = new PackedBatch();
        batch.Add(SmallModels.Tokens(100, 37, 1));
        (float[] kept, long keptBytes) = Gradients();
        model.Recomputes = true;
        (float[] again, long bytes) = Gradients();
        Assert.Equal(kept, again);
        Assert.Contains(kept, number => number != 0);
        Assert.True(3 * bytes < keptBytes, $"{bytes} bytes instead of {keptBytes}");

        (float[], long) Gradients()
        {
            using var arena = new Arena();
            var tape = new Tape(arena);
            Tensor loss = model.LogProbabilities(tape, batch).LogProbabilities.Sum();
            long used = arena.Used;
            tape.Backward(loss);
            model.Parameters.SumGradients([tape]);
            return ([.. model.Parameters.All.SelectMany(parameter => parameter.Gradient.ToArray())], used);
        }
    }

    [Fact]
    public void Scores_are_normalised_and_only_of_the_tokens_that_were_asked_for()
    {
        using LanguageModel model = SmallModels.Create("qwen3");
        model.UsedVocabulary = 30;
        double sum = 0, entropy = 0;
        float expected = 0;
        for (int id = 0; id < 30; id++)
        {
            var batch = new PackedBatch();
            batch.Add([3, 4, 5], [id]);
            using var arena = new Arena();
            TokenScores scores = model.LogProbabilities(new Tape(arena), batch);
            float[] logs = scores.LogProbabilities.ToArray();
            Assert.Equal([0, 0, 0], logs[..3]);
            sum += Math.Exp(logs[3]);
            entropy -= Math.Exp(logs[3]) * logs[3];
            expected = scores.Entropies.ToArray()[3];
        }
        Assert.Equal(1, sum, 1e-5);
        Assert.Equal(entropy, expected, 1e-5);
    }

    [Fact]
    public void A_batch_that_the_model_cannot_read_is_refused_in_one_sentence()
    {
        using LanguageModel model = SmallModels.Create("llama");
        using var arena = new Arena();
        var tape = new Tape(arena);
        var batch = new PackedBatch();
        Assert.Contains("empty", Refusal(() => model.LogProbabilities(tape, batch)));
        batch.Add([1, 37]);
        Assert.Equal("37 is none of the 37 ids of the model", Refusal(() => model.LogProbabilities(tape, batch)));
        batch.Clear();
        batch.Add(SmallModels.Tokens(257, 37, 0));
        Assert.Equal("sequence 0 has 257 tokens, and the context of the model is 256",
            Refusal(() => model.LogProbabilities(tape, batch)));
        Assert.Contains("prompt of at least one token", Refusal(() => batch.Add([], [1, 2])));

        static string Refusal(Action action) => Assert.Throws<ArgumentException>(action).Message;
    }
}
