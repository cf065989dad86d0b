using RLSquared.Objectives;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Objectives;

/// <summary>
/// A policy whose parameters are its logits, playing a bandit of known rewards r, has all of this in closed form:
/// the surrogate Σ π r with the gradient π (r − r̄), the divergence Σ π₀ log(π₀ / π) with the gradient π − π₀, and the
/// Fisher information F = diag(π) − π πᵀ.
/// </summary>
public sealed class TrustRegionTests
{
    static readonly double[] rewards = [1, 0, 2, 0.5];
    static readonly double[] first = [0.4, 0.3, 0.2, 0.1];                                      // π₀

    [Theory]
    [InlineData(0.01f)]
    [InlineData(0.1f)]
    [InlineData(1f)]
    public void The_direction_is_the_damped_natural_gradient(float damping)
    {
        // (D − π πᵀ)⁻¹ = D⁻¹ + D⁻¹π πᵀD⁻¹ / (1 − πᵀD⁻¹π) with D = diag(π) + λI (Sherman and Morrison 1950).
        using var bandit = new SoftmaxBandit();
        TrustRegion region = bandit.Region(damping: damping);
        double[] g = bandit.Gradient(), scaled = [.. first.Select(p => p / (p + damping))];
        double rest = 1 - first.Zip(scaled, (p, s) => p * s).Sum();
        double along = g.Zip(scaled, (a, s) => a * s).Sum();
        region.Step(Single(g), bandit.Surrogate(), 0.01);
        for (int a = 0; a < 4; a++)
            Assert.Equal(g[a] / (first[a] + damping) + scaled[a] * along / rest, region.Direction[a], 1e-3);
    }

    [Fact]
    public void Without_damping_logits_move_by_how_much_better_each_reward_is()
    {
        // F x = π (x − π·x), so x = r − r̄ solves F x = g = π (r − r̄), up to a constant that changes no probability
        // and that conjugate gradients, which start from g with Σ g = 0, leave at Σ x = 0.
        using var bandit = new SoftmaxBandit();
        TrustRegion region = bandit.Region(damping: 0);
        region.Step(Single(bandit.Gradient()), bandit.Surrogate(), 0.01);
        for (int a = 0; a < 4; a++)
            Assert.Equal(rewards[a] - rewards.Average(), region.Direction[a], 2e-3);
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.01)]
    [InlineData(0.05)]
    public void The_step_ends_within_the_limit_and_close_to_it(double maxKl)
    {
        using var bandit = new SoftmaxBandit();
        double before = bandit.Surrogate();
        TrustRegionStep step = bandit.Region(damping: 1e-4f).Step(Single(bandit.Gradient()), before, maxKl);
        Assert.Equal(bandit.Kl(), step.Kl, 1e-9);
        Assert.InRange(step.Kl, 0.6 * maxKl, maxKl);                // at worst a step that was just too long, · 0.8²
        Assert.Equal(bandit.Surrogate() - before, step.Gain, 1e-9);
        Assert.True(step.Gain > 0);
    }

    [Fact]
    public void A_step_that_is_too_long_is_shortened()
    {
        // Gradients of a sixteenth make the curvature seem 16 times less and the direction 16 times longer, so that the
        // first step is 4 times too long: 0.8⁶ = 0.26 of it has about the divergence that was meant.
        using var bandit = new SoftmaxBandit { Scale = 1f / 16 };
        TrustRegionStep step = bandit.Region(damping: 0).Step(Single(bandit.Gradient()), bandit.Surrogate(), 0.001);
        Assert.InRange(step.Backtracks, 6, 7);
        Assert.InRange(step.Kl, 0.0006, 0.001);
    }

    [Fact]
    public void Where_no_step_helps_the_weights_are_what_they_were()
    {
        // Along the negated gradient the surrogate only falls.
        using var bandit = new SoftmaxBandit();
        float[] before = bandit.Logits.Value.Span.ToArray();
        TrustRegionStep step = bandit.Region(damping: 0.01f, backtracks: 5).Step(
            Single(bandit.Gradient().Select(number => -number)), bandit.Surrogate(), 0.01);
        Assert.Equal(before, bandit.Logits.Value.Span.ToArray());
        Assert.Equal((0, 0, 6), (step.Kl, step.Gain, step.Backtracks));
    }

    [Fact]
    public void Without_a_gradient_nothing_moves()
    {
        using var bandit = new SoftmaxBandit();
        float[] before = bandit.Logits.Value.Span.ToArray();
        TrustRegionStep step = bandit.Region(damping: 0.01f).Step(new float[4], bandit.Surrogate(), 0.01);
        Assert.Equal(before, bandit.Logits.Value.Span.ToArray());
        Assert.Equal((0, 0, 0), (step.Kl, step.Gain, step.Residual));
    }

    [Fact]
    public void Products_with_the_fused_layer_are_those_of_the_exact_second_derivative()
    {
        using var agent = new RecurrentPolicy(T: 6, B: 10, H: 12, seed: 5);
        var random = new RandomKey(9, RandomPurpose.Weights, 1).Sequence(0);
        float[] product = new float[agent.Vector.Count], exact = new float[agent.Vector.Count];
        for (int trial = 0; trial < 5; trial++)
        {
            // Directions of any length, as conjugate gradients ask for: the result must be linear in it.
            float length = MathF.Pow(10, trial - 2);
            float[] direction = new float[product.Length];
            for (int i = 0; i < direction.Length; i++)
                direction[i] = length * (float)random.NextNormal();
            agent.Region().FisherProduct(direction, product);
            agent.ExactProduct(direction, exact);
            double error = Math.Sqrt(product.Zip(exact, (a, b) => (double)(a - b) * (a - b)).Sum());
            double size = Math.Sqrt(ConjugateGradient.Dot(exact, exact));
            Assert.True(error < 1e-3 * size, $"length {length}: the error is {error / size:G3} of the product");
        }
    }

    static float[] Single(IEnumerable<double> numbers) => [.. numbers.Select(number => (float)number)];

    sealed class SoftmaxBandit : IDisposable
    {
        readonly ParameterSet parameters = new();

        public SoftmaxBandit()
        {
            Logits = parameters.Add("logits", new Shape(4));
            for (int a = 0; a < 4; a++)
                Logits.Value.Span[a] = (float)Math.Log(first[a]);
        }

        public Parameter Logits { get; }

        /// <summary>Of the divergence's gradient, to deceive.</summary>
        public float Scale { get; init; } = 1;

        public TrustRegion Region(float damping, int backtracks = 10) => new(
            new ParameterVector(parameters.All), KlGradient, () => (Kl(), Surrogate()), iterations: 4, damping,
            backtracks);

        public double Surrogate() => Policy().Zip(rewards, (p, r) => p * r).Sum();

        public double Kl() => first.Zip(Policy(), (p0, p) => p0 * Math.Log(p0 / p)).Sum();

        public double[] Gradient() => [.. first.Zip(rewards, (p, r) => p * (r - Surrogate()))];

        void KlGradient(float[] gradient)
        {
            double[] now = Policy();
            for (int a = 0; a < 4; a++)
                gradient[a] = Scale * (float)(now[a] - first[a]);
        }

        double[] Policy()
        {
            double[] powers = [.. Logits.Value.Span.ToArray().Select(logit => Math.Exp(logit))];
            double sum = powers.Sum();
            return [.. powers.Select(power => power / sum)];
        }

        public void Dispose() => parameters.Dispose();
    }

    /// <summary>A recurrent policy of three actions on random input, fused and composed.</summary>
    sealed class RecurrentPolicy : IDisposable
    {
        const int Actions = 3, D = 2;
        readonly ParameterSet parameters = new();
        readonly Tape tape = new(new Arena());
        readonly Gru gru;
        readonly Linear head;
        readonly float[] dense, oldLogProbs;
        readonly int[] previous;
        readonly int T, B;

        public RecurrentPolicy(int T, int B, int H, ulong seed)
        {
            (this.T, this.B) = (T, B);
            var random = new RandomKey(seed, RandomPurpose.Weights, 0);
            gru = new Gru(parameters, "gru", Actions + D, H, random);
            head = new Linear(parameters, "head", H, Actions, random);
            RandomSequence inputs = random.Sequence(7);
            dense = new float[T * B * D];
            previous = new int[T * B];
            for (int i = 0; i < dense.Length; i++)
                dense[i] = (float)inputs.NextUniform();
            for (int i = 0; i < previous.Length; i++)
                previous[i] = inputs.NextInt(Actions);
            Vector = new ParameterVector(parameters.All);
            tape.Recording = false;
            oldLogProbs = Fused().Span.ToArray();
        }

        public ParameterVector Vector { get; }

        public TrustRegion Region() => new(Vector, KlGradient, () => default, 1, 0, 0);

        public void ExactProduct(float[] direction, float[] product)
        {
            Begin();
            Tensor[] states = gru.ForwardComposed(tape, Input());
            Tensor kl = Kl(head.Forward(states[0]).LogSoftmax(), 0);
            for (int t = 1; t < T; t++)
                kl += Kl(head.Forward(states[t]).LogSoftmax(), t);
            tape.Backward(kl, differentiable: true);
            Tensor along = default;
            int at = 0;
            foreach (Parameter parameter in parameters.All)
            {
                Shape shape = parameter.Value.Shape;
                Tensor part = tape.Constant(shape, direction.AsSpan(at, (int)shape.Count));
                Assert.True(tape.TryGradientOf(parameter, out Tensor gradient));
                Tensor sum = (gradient * part).Sum();
                along = at == 0 ? sum : along + sum;
                at += (int)shape.Count;
            }
            tape.Backward(along);
            Array.Clear(product);
            Vector.AddGradient(tape, product);
        }

        void KlGradient(float[] gradient)
        {
            Begin();
            tape.Backward(Kl(Fused(), 0));
            Array.Clear(gradient);
            Vector.AddGradient(tape, gradient);
        }

        void Begin()
        {
            tape.Reset();
            tape.Recording = true;
        }

        Tensor Fused() => head.Forward(gru.Forward(tape, Input())).LogSoftmax();

        SequenceInput Input()
        {
            Indices ones = tape.Arena.AllocateIndices(previous.Length);
            previous.CopyTo(ones.Span);
            return new SequenceInput(T, B, tape.Constant(new Shape(T, B, D), dense), ones, groups: 1);
        }

        // The share of step t and those after it that are given.
        Tensor Kl(Tensor logProbs, int t)
        {
            Tensor old = tape.Constant(
                logProbs.Shape, oldLogProbs.AsSpan(t * B * Actions, (int)logProbs.Shape.Count));
            return (old.Exp() * (old - logProbs)).Sum() * (1f / (T * B));
        }

        public void Dispose()
        {
            tape.Arena.Dispose();
            parameters.Dispose();
        }
    }
}
