using System.Diagnostics;
using System.Globalization;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;

namespace RLSquared.Benchmarks;

/// <summary>
/// Tokens per second of a small Llama: 4 layers, D 256, 4 heads, gated feed-forward of 1,024, vocabulary 512, 4.3
/// million parameters.
/// <list type="bullet">
/// <item><c>train</c>: 8 sequences of 256 tokens, forward, backward, sum of the shards' gradients, Adam;</item>
/// <item><c>forward</c>: the same without gradients;</item>
/// <item><c>generate</c>: 64 sequences in flight, prompts of 16 tokens, 128 new ones each.</item>
/// </list>
/// One line of JSON per round: what, threads, tokens per second, and per second of processor time, which neighbours
/// disturb less. <c>benchmarks/pytorch/language_speed.py</c> is the
/// same in PyTorch.
/// </summary>
internal static class LanguageSpeed
{
    const int Sequences = 8, Length = 256, InFlight = 64, PromptLength = 16, NewTokens = 128;

    public static int Measure(string[] arguments)
    {
        string what = arguments.Length > 0 ? arguments[0] : "train";
        int threads = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 2;
        int rounds = arguments.Length > 2 ? int.Parse(arguments[2], CultureInfo.InvariantCulture) : 5;
        int shards = arguments.Length > 3 ? int.Parse(arguments[3], CultureInfo.InvariantCulture) : 4;
        using LanguageModel model = LanguageModel.Create(Configuration, seed: 1);
        using var workers = new Workers(threads);
        Action round;
        int tokens;
        switch (what)
        {
            case "train" or "forward":
                tokens = Sequences * Length;
                round = Training(model, workers, shards, learns: what == "train");
                break;
            case "generate":
                tokens = InFlight * NewTokens;
                round = Generating(model, workers);
                break;
            default:
                Console.Error.WriteLine($"'{what}' is none of train, forward and generate");
                return 2;
        }
        round();
        round();
        for (int i = 0; i < rounds; i++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            var watch = Stopwatch.StartNew();
            round();
            double perSecond = tokens / watch.Elapsed.TotalSeconds;
            double perCoreSecond = tokens / (Environment.CpuUsage.TotalTime - before).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{{\"what\": \"{what}\", \"threads\": {threads}, \"shards\": {shards}, " +
                $"\"tokensPerSecond\": {perSecond:F0}, \"perCoreSecond\": {perCoreSecond:F0}}}"));
        }
        return 0;
    }

    static ModelConfiguration Configuration { get; } = new()
    {
        Hidden = 256,
        Intermediate = 1024,
        Layers = 4,
        Heads = 4,
        KeyValueHeads = 4,
        HeadSize = 64,
        Vocabulary = 512,
        MaximumPositions = 512,
        TiesEmbeddings = true,
        EndTokens = [],
    };

    static int[] Tokens(int count, ulong seed)
    {
        var random = new RandomKey(seed, 12, 0).Sequence(0);
        int[] ids = new int[count];
        foreach (ref int id in ids.AsSpan())
            id = random.NextInt(Configuration.Vocabulary);
        return ids;
    }

    static Action Training(LanguageModel model, Workers workers, int shards, bool learns)
    {
        var batches = new PackedBatch[shards];
        for (int s = 0; s < shards; s++)
        {
            batches[s] = new PackedBatch();
            for (int i = s * Sequences / shards; i < (s + 1) * Sequences / shards; i++)
                batches[s].Add(Tokens(Length, (ulong)i));
        }
        Tape[] tapes = [.. batches.Select(_ => new Tape(new Arena()) { Recording = learns })];
        var adam = new Adam(model.Parameters);
        return () =>
        {
            workers.Run(shards, shard =>
            {
                Tape tape = tapes[shard];
                tape.Reset();
                Tensor logs = model.LogProbabilities(tape, batches[shard]).LogProbabilities;
                if (learns)
                    tape.Backward(logs.Sum() * (-1f / (Sequences * (Length - 1))));
            });
            if (!learns)
                return;
            model.Parameters.SumGradients(tapes);
            adam.Step(3e-4f);
        };
    }

    static Action Generating(LanguageModel model, Workers workers)
    {
        var generator = new Generator(model, new GeneratorOptions { MostInFlight = InFlight }, workers: workers);
        ulong seed = 0;
        return () =>
        {
            for (int i = 0; i < InFlight; i++, seed++)
                generator.Submit(Tokens(PromptLength, seed), new SamplingOptions { MaximumTokens = NewTokens }, seed);
            generator.Run();
        };
    }
}
