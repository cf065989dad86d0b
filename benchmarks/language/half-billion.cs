#:project ../../src/RLSquared.Language/RLSquared.Language.csproj
#:property PublishAot=false

// A model of Qwen2.5-0.5B's shape with random bfloat16 weights: written, loaded, decoded one token at a time, and
// trained by a LoRA adapter. Writes the rates and the most memory that the process has held as JSON. Each part is a
// process of its own, so that the memory is that of the part.
//   dotnet run -c Release benchmarks/language/half-billion.cs FOLDER make
//   dotnet run -c Release benchmarks/language/half-billion.cs FOLDER generate [threads [tokens]]
//   dotnet run -c Release benchmarks/language/half-billion.cs FOLDER lora [threads [steps]]

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;

const int sequences = 8, length = 64;
string folder = args[0], part = args[1];
int threads = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 2;
int amount = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : part == "lora" ? 3 : 50;
if (part == "make")
{
    using LanguageModel made = LanguageModel.Create(new ModelConfiguration
    {
        Family = ModelFamily.Qwen2,
        Hidden = 896,
        Intermediate = 4864,
        Layers = 24,
        Heads = 14,
        KeyValueHeads = 2,
        HeadSize = 64,
        Vocabulary = 151_936,
        MaximumPositions = 32_768,
        RopeTheta = 1_000_000,
        TiesEmbeddings = true,
        HasQueryKeyValueBias = true,
    }, seed: 1);
    made.Save(folder, weights: WeightType.BFloat16);
    return;
}
var clock = Stopwatch.StartNew();
using LanguageModel model = LanguageModel.Load(folder);
double loaded = clock.Elapsed.TotalSeconds;
using var workers = new Workers(threads);
int[] prompt = [.. Enumerable.Range(100, 32)];
double rate = part == "lora" ? TrainAdapter() : Decode();
Console.WriteLine(JsonSerializer.Serialize(new
{
    part,
    parameters = model.Configuration.ParameterCount,
    threads,
    loadSeconds = Math.Round(loaded, 1),
    tokensPerSecond = Math.Round(rate, 1),
    peakMiB = Process.GetCurrentProcess().PeakWorkingSet64 >> 20,
}));

double Decode()
{
    using var generator = new Generator(model, new GeneratorOptions { MostInFlight = 1 }, null, workers);
    generator.Submit(prompt, new SamplingOptions { MaximumTokens = amount + 5, StopTokens = [] }, seed: 1);
    while (generator.TokensDrawn < 5)
        generator.Step();
    var watch = Stopwatch.StartNew();
    generator.Run();
    return amount / watch.Elapsed.TotalSeconds;
}

double TrainAdapter()
{
    model.Recomputes = true;                        // 1.5 GB in place of 6
    model.AddAdapter(new AdapterConfiguration { Rank = 16, Alpha = 16 });
    using var adam = new Adam(model.Parameters.Group("adapter"), new AdamOptions());
    Tape[] tapes = [.. Enumerable.Range(0, threads).Select(_ => new Tape(new Arena()))];
    double best = double.MaxValue;
    for (int step = 0; step <= amount; step++)
    {
        var watch = Stopwatch.StartNew();
        workers.Run(threads, shard =>
        {
            Tape tape = tapes[shard];
            tape.Reset();
            var batch = new PackedBatch();
            for (int s = shard; s < sequences; s += threads)
                batch.Add([.. Enumerable.Range(1000 * s + step, length)], firstScored: 1);
            tape.Backward(model.LogProbabilities(tape, batch).LogProbabilities.Mean() * -1f);
        });
        model.Parameters.SumGradients(tapes);
        adam.Step(1e-4f);
        if (step > 0)
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
    }
    return sequences * length / best;
}
