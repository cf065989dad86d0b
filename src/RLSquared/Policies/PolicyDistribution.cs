using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Policies;

/// <summary>
/// What a policy makes of the actions at each of M steps: for every choice a categorical distribution over its options,
/// for every number a Gaussian, whose mean the network gives and whose deviation is a parameter of its own that no
/// state changes. Given the history all of them are independent, so that logarithms, entropies and divergences add up.
/// <code>
///   log π(a) = Σ_k log p_k(a_k) + Σ_c log N(u_c; μ_c, σ_c)
/// </code>
/// A number that is drawn beyond −1 or 1 reaches the task as −1 or 1; its density is that of the draw.
/// </summary>
public readonly struct PolicyDistribution
{
    const float HalfLogTwoPi = 0.9189385332f;

    readonly ActionSpace space;
    readonly Tensor logDeviations;                                                              // log σ, [C]

    /// <summary>The distributions that a network's outputs stand for.</summary>
    /// <param name="space">What is decided.</param>
    /// <param name="outputs">A logits and C means in each row, [..., A + C].</param>
    /// <param name="logDeviations">log σ, [C]; the default where there are no numbers.</param>
    /// <param name="forbidden">
    /// What is added to the logits, [M, A]: 0, or a large negative number for an option that is not allowed; the
    /// default where all are.
    /// </param>
    public PolicyDistribution(ActionSpace space, Tensor outputs, Tensor logDeviations, Tensor forbidden = default)
    {
        (this.space, this.logDeviations) = (space, logDeviations);
        int A = space.Size, C = space.Numbers;
        Tensor rows = outputs.Reshape(new Shape(outputs.Shape.Rows, A + C));
        Means = C > 0 ? rows.SliceColumns(A, C) : default;
        for (int k = 0; k < space.Choices; k++)
        {
            (int start, int size) = (space.StartOf(k), space.SizeOf(k));
            Tensor logits = rows.SliceColumns(start, size);
            if (forbidden.Exists)
                logits += forbidden.SliceColumns(start, size);
            Tensor logProbs = logits.LogSoftmax();
            LogProbs = k == 0 ? logProbs : Tensor.Concatenate(LogProbs, logProbs);
        }
    }

    PolicyDistribution(ActionSpace space, Tensor logDeviations) =>
        (this.space, this.logDeviations) = (space, logDeviations);

    /// <summary>log p of every option of every choice, [M, A]; those of one choice are normalised.</summary>
    public Tensor LogProbs { get; private init; }

    /// <summary>μ, [M, C].</summary>
    public Tensor Means { get; private init; }

    /// <summary>All that differs from row to row, [M, A + C]: log p, then μ. To be kept with the deviations.</summary>
    public Tensor Rows => space.Numbers == 0 ? LogProbs : space.Size == 0 ? Means : Tensor.Concatenate(LogProbs, Means);

    /// <summary>The distributions of which <see cref="Rows"/> were kept.</summary>
    /// <param name="space">What is decided.</param>
    /// <param name="rows">[M, A + C].</param>
    /// <param name="logDeviations">log σ, [C].</param>
    public static PolicyDistribution FromRows(ActionSpace space, Tensor rows, Tensor logDeviations)
    {
        int A = space.Size, C = space.Numbers;
        return new(space, logDeviations)
        {
            LogProbs = A > 0 ? rows.SliceColumns(0, A) : default,
            Means = C > 0 ? rows.SliceColumns(A, C) : default,
        };
    }

    /// <summary>log π(a | history) of the actions taken, [M, 1].</summary>
    public Tensor LogProbability(TakenActions taken)
    {
        Tensor sum = default;
        int M = space.Choices > 0 ? taken.Choices.Count / space.Choices : 0;
        for (int k = 0; k < space.Choices; k++)
        {
            Tensor chosen = LogProbs.Gather(taken.Choices.Slice(k * M, M));
            sum = k == 0 ? chosen : sum + chosen;
        }
        if (space.Numbers == 0)
            return sum;
        Tensor z = (taken.Numbers - Means) * (-logDeviations).Exp();                            // [M, C]
        Tensor density = z.Square().SumOfColumns() * -0.5f - logDeviations.Sum() - HalfLogTwoPi * space.Numbers;
        return space.Choices > 0 ? sum + density : density;
    }

    /// <summary>The entropies in nats, [M, 1]; that of numbers is a density's and may be below 0.</summary>
    public Tensor Entropy()
    {
        Tensor ofChoices = space.Choices > 0 ? -(LogProbs.Exp() * LogProbs).SumOfColumns() : default;
        if (space.Numbers == 0)
            return ofChoices;
        if (space.Choices == 0)
        {
            Tape tape = Tape.Of(Means);
            ofChoices = tape.Constant(tape.Arena.Zeros(new Shape(Means.Shape.Rows, 1)));
        }
        return ofChoices + (logDeviations.Sum() + (HalfLogTwoPi + 0.5f) * space.Numbers);
    }

    /// <summary>KL(old ‖ this) in nats, exact, [M, 1].</summary>
    public Tensor DivergenceFrom(PolicyDistribution old)
    {
        Tensor ofChoices = space.Choices > 0
            ? (old.LogProbs.Exp() * (old.LogProbs - LogProbs)).SumOfColumns() : default;
        if (space.Numbers == 0)
            return ofChoices;
        // log σ − log σ_old + (σ_old² + (μ_old − μ)²) / 2σ² − ½ for each number.
        Tensor spread = (old.Means - Means).Square() + (old.logDeviations * 2).Exp();
        Tensor ofNumbers = (spread * ((logDeviations * -2).Exp() * 0.5f)).SumOfColumns()
            + (logDeviations - old.logDeviations).Sum() - 0.5f * space.Numbers;
        return space.Choices > 0 ? ofChoices + ofNumbers : ofNumbers;
    }
}

/// <summary>The actions that were taken at M steps.</summary>
/// <param name="Choices">For one choice after the other, the places among all A options, [K, M].</param>
/// <param name="Numbers">The numbers as they were drawn, [M, C]; the default where there are none.</param>
public readonly record struct TakenActions(Indices Choices, Tensor Numbers);
