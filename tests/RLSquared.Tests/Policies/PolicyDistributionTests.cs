using RLSquared.Agents;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Policies;

public sealed class PolicyDistributionTests : IDisposable
{
    static readonly ActionSpace twoChoices = ActionSpace.MultiDiscrete(2, 3), oneNumber = ActionSpace.Continuous(1);

    readonly Arena arena = new();
    readonly Tape tape;

    public PolicyDistributionTests() => tape = new Tape(arena);

    public void Dispose() => arena.Dispose();

    // Logits (0, ln 3) and (0, 0, ln 2) are p = (1/4, 3/4) and q = (1/4, 1/4, 1/2). Of the options 1 and 2 the
    // logarithm is ln 3/4 + ln 1/2 = −0.980829; the entropies are 0.562335 and 1.5 ln 2 = 1.039721.
    [Fact]
    public void Logarithms_and_entropies_of_several_choices_add_up()
    {
        var policy = new PolicyDistribution(twoChoices, Row(0, MathF.Log(3), 0, 0, MathF.Log(2)), default);
        Assert.Equal([-1.386294, -0.287682, -1.386294, -1.386294, -0.693147], Numbers(policy.LogProbs), Within(1e-5));
        Assert.Equal(-0.980829, policy.LogProbability(new(Places(1, 2 + 2), default)).Item, 1e-5);
        Assert.Equal(0.562335 + 1.039721, policy.Entropy().Item, 1e-5);
    }

    // N(0.2, 0.5²) at 0.5: z = 0.6, so −0.18 − ln 0.5 − ½ ln 2π = −0.405791. The entropy is ln 0.5 + ½ ln 2πe =
    // 0.725791.
    [Fact]
    public void A_number_has_the_density_and_the_entropy_of_its_gaussian()
    {
        var policy = new PolicyDistribution(oneNumber, Row(0.2f), Vector(MathF.Log(0.5f)));
        Assert.Equal(-0.405791, policy.LogProbability(new(default, Row(0.5f))).Item, 1e-5);
        Assert.Equal(0.725791, policy.Entropy().Item, 1e-5);
    }

    // KL(N(0, 1) ‖ N(1, 2²)) = ln 2 + (1 + 1) / 8 − ½ = 0.443147, and KL((1/4, 3/4) ‖ (1/2, 1/2)) = ln 2 − 0.562335 =
    // 0.130812.
    [Fact]
    public void Divergences_of_choices_and_numbers_add_up()
    {
        ActionSpace both = ActionSpace.Mixed([2], 1);
        var old = new PolicyDistribution(both, Row(0, MathF.Log(3), 0), Vector(0));
        var policy = new PolicyDistribution(both, Row(0, 0, 1), Vector(MathF.Log(2)));
        Assert.Equal(0.443147 + 0.130812, policy.DivergenceFrom(old).Item, 1e-5);

        PolicyDistribution kept = PolicyDistribution.FromRows(both, old.Rows, Vector(0));
        Assert.Equal(policy.DivergenceFrom(old).Item, policy.DivergenceFrom(kept).Item);
        Assert.Equal(0, old.DivergenceFrom(kept).Item);
    }

    // A forbidden option has no probability, the others share it; neither entropy nor gradients become a NaN.
    [Fact]
    public void What_is_forbidden_has_no_probability_and_no_gradient()
    {
        Tensor outputs = tape.Variable(arena.Copy(new Shape(1, 3), [1f, 7f, 1f]));
        float[] added = new float[3];
        ActionMasks.Write([true, false, true], added);
        var policy = new PolicyDistribution(
            ActionSpace.Discrete(3), outputs, default, tape.Constant(new Shape(1, 3), added));
        Assert.Equal([0.5, 0, 0.5], Numbers(policy.LogProbs.Exp()), Within(1e-6));
        Assert.Equal(Math.Log(2), policy.Entropy().Item, 1e-6);

        tape.Backward((policy.LogProbability(new(Places(0), default)) + policy.Entropy()).Sum());
        Assert.Equal([0.5, 0, -0.5], Numbers(tape.GradientOf(outputs)), Within(1e-6));
    }

    // d log N / dμ = (u − μ) / σ² = 0.3 / 0.25 = 1.2 and d log N / d log σ = z² − 1 = 0.36 − 1; the entropy adds 1 to
    // the latter.
    [Fact]
    public void Gradients_reach_means_and_deviations()
    {
        Tensor mean = tape.Variable(arena.Copy(new Shape(1, 1), [0.2f]));
        Tensor logDeviation = tape.Variable(arena.Copy(new Shape(1), [MathF.Log(0.5f)]));
        var policy = new PolicyDistribution(oneNumber, mean, logDeviation);
        tape.Backward((policy.LogProbability(new(default, Row(0.5f))) + policy.Entropy()).Sum());
        Assert.Equal(1.2, tape.GradientOf(mean).Item, 1e-5);
        Assert.Equal(0.36, tape.GradientOf(logDeviation).Item, 1e-5);
    }

    [Fact]
    public void A_space_says_what_it_is()
    {
        Assert.Equal("5 actions", ActionSpace.Discrete(5).ToString());
        Assert.Equal("choices of 2 and 3", twoChoices.ToString());
        Assert.Equal("1 number", oneNumber.ToString());
        Assert.Equal("4 actions with 2 numbers", ActionSpace.Mixed([4], 2).ToString());
        Assert.Equal((5, 2, 0, 2), (twoChoices.Size, twoChoices.Choices, twoChoices.Numbers, twoChoices.StartOf(1)));
        Assert.Equal((0, 0, 1), (oneNumber.Size, oneNumber.Choices, oneNumber.Numbers));
        Assert.True(ActionSpace.Discrete(5).IsDiscrete && !twoChoices.IsDiscrete && !oneNumber.IsDiscrete);
        Assert.Equal(ActionSpace.Discrete(5), ActionSpace.MultiDiscrete(5));
        Assert.NotEqual(ActionSpace.MultiDiscrete(2, 3), ActionSpace.MultiDiscrete(3, 2));
        Assert.Throws<OptionException>(() => ActionSpace.Discrete(0));
        Assert.Throws<OptionException>(() => ActionSpace.MultiDiscrete());
        Assert.Throws<OptionException>(() => ActionSpace.Continuous(0));
    }

    Tensor Row(params float[] numbers) => tape.Constant(new Shape(1, numbers.Length), numbers);

    Tensor Vector(params float[] numbers) => tape.Constant(new Shape(numbers.Length), numbers);

    Indices Places(params int[] places)
    {
        Indices indices = arena.AllocateIndices(places.Length);
        places.CopyTo(indices.Span);
        return indices;
    }

    static IEnumerable<double> Numbers(Tensor tensor) => tensor.Span.ToArray().Select(number => (double)number);

    static Comparer Within(double tolerance) => new(tolerance);

    sealed class Comparer(double tolerance) : IEqualityComparer<double>
    {
        public bool Equals(double a, double b) => Math.Abs(a - b) <= tolerance;

        public int GetHashCode(double number) => 0;
    }
}
