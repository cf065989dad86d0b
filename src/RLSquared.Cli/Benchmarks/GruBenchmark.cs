using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Cli.Benchmarks;

/// <summary>
/// Training of a recurrent layer: forward, backward and the sum of the shards' weight gradients, for T steps of B rows
/// with I plain inputs and H units. Counted as 6·T·B·3H·(I + H) operations, of which backward has two thirds.
/// </summary>
internal sealed class GruBenchmark(int T, int B, int I, int H, int threads) : Benchmark(
    $"gru-train/T{T}-B{B}-I{I}-H{H}", threads, "GFLOP/s")
{
    // As many pieces as in training; each is small enough for its activations to stay in the cache.
    const int Shards = 4;

    public override double Measure(TimeSpan time)
    {
        using var workers = new Workers(Threads);
        using var parameters = new ParameterSet();
        var layer = new Gru(parameters, "gru", I, H, new RandomKey(1, RandomPurpose.Weights, 0));
        using var inputs = new Arena();
        var tapes = new Tape[Shards];
        var shares = new (Tensor Input, Tensor Mix)[Shards];
        for (int s = 0; s < Shards; s++)
        {
            tapes[s] = new Tape(new Arena());
            RandomSequence random = new RandomKey(1, RandomPurpose.Other, (ulong)s).Sequence(0);
            Tensor input = Normal(new Shape(T, B / Shards, I), ref random);
            shares[s] = (input, Normal(new Shape(T, B / Shards, H), ref random));
        }

        Action<int> train = s =>
        {
            Tape tape = tapes[s];
            tape.Reset();
            var input = new SequenceInput(T, B / Shards, tape.Constant(shares[s].Input));
            tape.Backward((layer.Forward(tape, input) * tape.Constant(shares[s].Mix)).Sum());
        };
        double rate = MedianRate(
            () =>
            {
                workers.Run(Shards, train);
                parameters.SumGradients(tapes);
            },
            6e-9 * T * B * 3 * H * (I + H), time);
        foreach (Tape tape in tapes)
            tape.Arena.Dispose();
        return rate;

        Tensor Normal(Shape shape, ref RandomSequence random)
        {
            float[] numbers = new float[shape.Count];
            foreach (ref float number in numbers.AsSpan())
                number = (float)random.NextNormal();
            return inputs.Copy(shape, numbers);
        }
    }
}
