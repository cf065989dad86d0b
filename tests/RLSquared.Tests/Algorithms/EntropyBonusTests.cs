using RLSquared.Algorithms;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

/// <summary>A weight of the entropy that is large beside all else: the policy stays as undecided as it began.</summary>
public sealed class EntropyBonusTests
{
    const int Iterations = 12;

    [Fact]
    public void A_large_entropy_weight_keeps_rl2_undecided()
    {
        using var workers = new Workers(1);
        var task = new BernoulliBandits();
        Rl2Options options = Rl2Options.Table.Apply(new Rl2Options(), Assignment.ParseAll(
            ["hidden=8", "trials=64", "minibatch=32", "learning-rate=0.01", "entropy=5", "entropy-schedule=constant"]));
        using var rl2 = new Rl2(task, options, seed: 1, workers);
        Assert.InRange(EntropyAfter(rl2), 0.99 * Math.Log(task.Action.Size), Math.Log(task.Action.Size) + 1e-5);
    }

    [Fact]
    public void A_large_entropy_weight_keeps_ppo_undecided()
    {
        using var workers = new Workers(1);
        PpoOptions options = PpoOptions.Table.Apply(PpoOptions.For(new CartPole()), Assignment.ParseAll(
            ["lanes=16", "window=32", "minibatches=4", "learning-rate=0.01", "entropy=5"]));
        using var ppo = new Ppo(new CartPole(), options, seed: 1, workers);
        Assert.InRange(EntropyAfter(ppo), 0.99 * Math.Log(2), Math.Log(2) + 1e-5);
    }

    static double EntropyAfter(IAlgorithm algorithm)
    {
        double last = 0;
        for (int i = 0; i < Iterations; i++)
            last = algorithm.Iterate((double)i / Iterations).Figures.Single(figure => figure.Name == "entropy").Value;
        return last;
    }
}
