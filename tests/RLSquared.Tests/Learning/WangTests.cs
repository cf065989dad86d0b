using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using Xunit.Abstractions;

namespace RLSquared.Tests.Learning;

public sealed class WangTests(ITestOutputHelper output)
{
    [Fact]
    public void Dep()
    {
        var task = new DependentBandits();
        using Rl2 rl2 = Trained(task, 2_000_000, "hidden=32", "trials=256", "minibatch=32");
        foreach (Agent agent in new Agent[] { rl2.Agent, new Thompson(), new Ucb1(), new Greedy(), new FiniteHorizonGittins(), new BayesOptimal() })
            output.WriteLine($"{agent.Name} {Transcript.Of(task, agent, 4000, 1).MeanRegret}");
    }

    [Fact]
    public void Rest()
    {
        foreach ((ulong seed, int hidden, int m) in new (ulong, int, int)[] { (1, 32, 2), (2, 32, 2), (1, 32, 3), (2, 32, 3), (1, 48, 2), (2, 48, 3) })
        {
            long t0 = Environment.TickCount64;
            var task = new RestlessBandit();
            using Rl2 rl2 = Trained(task, m * 1_000_000, seed, $"hidden={hidden}", "trials=256", "minibatch=32");
            output.WriteLine($"hidden {hidden} {m} M seed {seed} {Environment.TickCount64 - t0} ms");
            foreach (Agent agent in new Agent[] { rl2.Agent, new Thompson(), new Ucb1(), new Ucb1 { Bonus = 0.5 }, new RescorlaWagner(), new RescorlaWagner { Temperature = 0.05 }, new RescorlaWagner { Temperature = 0 } })
                output.WriteLine($"{agent.Name} {Transcript.Of(task, agent, 4000, 1).MeanRegret}");
            foreach (Volatility v in new[] { Volatility.Low, Volatility.High })
            {
                Transcript p = Transcript.Of(new RestlessBandit(new() { Volatility = v }), rl2.Agent, 2000, 1);
                output.WriteLine($"{v} regret {p.MeanRegret} rate {EffectiveLearningRate.Of(p)}");
            }
        }
    }

    [Fact]
    public void Two()
    {
        foreach (ulong seed in new ulong[] { 1, 2 })
        {
            var task = new TwoStep();
            using Rl2 rl2 = Trained(task, 1_500_000, seed, "hidden=32", "trials=256", "minibatch=32");
            output.WriteLine($"{StayProbabilities.Of(task, rl2.Agent, 4000, 1)} regret {Transcript.Of(task, rl2.Agent, 4000, 1).MeanRegret}");
        }
    }

    static Rl2 Trained(TaskDistribution task, long steps, params string[] settings) => Trained(task, steps, 1, settings);

    static Rl2 Trained(TaskDistribution task, long steps, ulong seed, params string[] settings)
    {
        using var workers = new Workers(1);
        var rl2 = new Rl2(task, Rl2Options.Table.Apply(Assignment.ParseAll(settings)), seed, workers);
        while (rl2.Steps < steps)
            rl2.Iterate((double)rl2.Steps / steps);
        return rl2;
    }
}
