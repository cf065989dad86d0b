using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Policies;

public sealed class InputNormaliserTests
{
    static readonly TaskSpaces spaces = new()
    {
        Task = "numbers",
        Observation = ObservationSpace.Vector(2),
        Action = 3,
        TrialLength = 10,
    };

    public static TheoryData<bool> Kinds => [true, false];

    static Policy Of(bool recurrent) => recurrent
        ? Policy.Recurrent(spaces, new() { Hidden = 8, Normalise = true, TimeToGo = false }, seed: 1)
        : Policy.FeedForward(spaces, new() { Hidden = 8, Normalise = true }, seed: 1);

    static float[] LogProbs(Policy policy, float a, float b)
    {
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        int D = policy.Row.DenseWidth, G = policy.Row.Groups;
        Tensor dense = tape.Constant(new Shape(1, 1, D), [a, b, .. new float[D - 2]]);
        Indices ones = arena.CopyIndices(new int[G]);
        var rows = new SequenceInput(1, 1, dense, ones, G);
        return policy.Distribution(tape, new PolicyInput { Rows = rows }).LogProbs.ToArray();
    }

    // (7 − 3) / 2 = 2 and (−1 − 1) / ½ = −4. Beyond ten deviations all is the same.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Numbers_are_shifted_scaled_and_cut(bool recurrent)
    {
        using Policy policy = Of(recurrent);
        float[] expected = LogProbs(policy, 2, -4), far = LogProbs(policy, 10, -10);
        policy.Normaliser!.Set([3, 1], [4, 0.25f]);
        Assert.Equal(expected, LogProbs(policy, 7, -1));
        Assert.Equal(far, LogProbs(policy, 1000, -1000));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Before_it_is_set_it_changes_nothing_but_what_is_far_off(bool recurrent)
    {
        using Policy policy = Of(recurrent);
        string[] names = [.. policy.Parameters.All.Select(parameter => parameter.Name)];
        Assert.Contains("normaliser.mean", names);
        Assert.Contains("normaliser.scale", names);
        Assert.NotEqual(LogProbs(policy, 1, 2), LogProbs(policy, 2, 1));
    }

    [Fact]
    public void What_does_not_vary_is_not_blown_up()
    {
        using Policy policy = Of(recurrent: false);
        policy.Normaliser!.Set([5, 5], [0, 0]);
        Assert.All(LogProbs(policy, 5, 5), number => Assert.True(float.IsFinite(number)));
    }

    [Fact]
    public void States_have_no_normaliser()
    {
        TaskSpaces states = spaces with { Observation = ObservationSpace.Discrete(5) };
        using Policy policy = Policy.FeedForward(states, new() { Normalise = true }, seed: 1);
        Assert.Null(policy.Normaliser);
    }
}
