using RLSquared.Gpu.Benchmark;
using RLSquared.Tasks;

namespace RLSquared.Gpu.Tests;

public sealed class CardRl2Tests
{
    static readonly CardRl2Options Small = new()
    {
        Arms = 3,
        Pulls = 4,
        Hidden = 8,
        Trials = 8,
        Minibatch = 4,
        Epochs = 1,
        GradientNorm = 1e9f,
        LearningRate = 1e-2f,
    };

    [Fact]
    public void A_gradient_found_on_the_card_is_the_processors_up_to_rounding()
    {
        using var accelerator = new SimulatedAccelerator();
        using var math = new GpuMath(accelerator);
        using var card = new CardRl2(math, Small);

        card.Iterate();
        card.Weights.Download(card.Network.Parameters);
        card.FindGradient();

        Dictionary<string, float[]> expected =
            ProcessorReference.Gradients(Small, card.Network, card.ReadBatch(), card.EntropyWeight);
        foreach ((string name, float[] gradient) in expected)
        {
            float[] found = card.Weights.ReadGradient(name);
            double size = Math.Sqrt(gradient.Sum(x => (double)x * x));
            double error = Math.Sqrt(gradient.Zip(found, (a, b) => (double)(a - b) * (a - b)).Sum());
            Assert.True(error < 1e-5 * size + 1e-9, $"{name}: error {error} of {size}");
            Assert.True(size > 0, name);
        }
    }

    [Fact]
    public void Trials_played_on_the_card_pay_what_the_same_trials_pay_on_the_host()
    {
        using var accelerator = new SimulatedAccelerator();
        using var math = new GpuMath(accelerator);
        using var card = new CardRl2(math, Small);
        card.Play(100, 7, withValues: false, greedy: false);
        (int[] actions, float[] rewards) = card.ReadPlayed();

        BanditLanes lanes = CardWeights.Task(Small).CreateBanditLanes(Small.Trials);
        lanes.Begin(7, 100, []);
        float[] paid = new float[Small.Trials];
        var endings = new Endings[Small.Trials];
        for (int t = 0; t < Small.Pulls; t++)
        {
            lanes.Step(new ReadOnlyActionSpan(actions.AsSpan(t * Small.Trials, Small.Trials), []), [], paid, endings);
            Assert.Equal(paid, rewards[(t * Small.Trials)..((t + 1) * Small.Trials)]);
        }
        Assert.Contains(1f, rewards);
        Assert.Contains(0f, rewards);
    }
}
