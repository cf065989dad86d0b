using RLSquared.Algorithms;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

/// <summary>
/// Gradients of MAML and E-MAML where everything that can happen is listed with its probability, against central
/// differences of the true objectives, which are worked out in double precision by other formulas.
/// <para>Policies are softmax over logits W[s, a] + b[a], the rewards are R[s, a].</para>
/// </summary>
public sealed class MamlGradientTests
{
    const float Alpha = 0.7f;
    static readonly float[] Weights = [0.3f, -0.4f, 0.1f, 0.2f, 0.5f, -0.3f, 0.15f, -0.25f, 0.35f];

    // ---- one step: three actions, one state ----

    static readonly float[] Rewards = [1, -0.5f, 2];

    // E-MAML: three plays before, drawn from π, of which each of 27 outcomes moves the weights on its own:
    // J(θ) = Σ P(τ̄; θ) Σ_a π_U(θ,τ̄)(a) R(a),   U = θ + α/3 Σ_n R(a_n) ∇ log π(a_n).
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Exact_EMAML_is_the_gradient_of_what_adapted_policies_bring(bool explores)
    {
        using Maml maml = Made(InnerLossKind.Published, explores ? ExplorationScale.Exact : null);
        SetWeights(maml, 6);
        double[] found = new double[6];
        for (int a = 0; a < 27; a++)
        {
            int[] before = [a % 3, a / 3 % 3, a / 9];
            double[] pi = Softmax(Logits(Weights, 0)), moved = Moved(before);
            double p = pi[before[0]] * pi[before[1]] * pi[before[2]];
            MamlTask task = maml.LastTasks[0];
            FillOneStep(task.Plays[0], before, action => Rewards[action], Softmax(Logits(Weights, 0)));
            double[] adapted = Softmax([moved[0] + moved[3], moved[1] + moved[4], moved[2] + moved[5]]);
            // Each action once, with 3 π′(a) R(a) for its advantage: the mean over three steps is the expectation.
            FillOneStep(task.Plays[1], [0, 1, 2], action => (float)(3 * adapted[action] * Rewards[action]), adapted);
            double worth = adapted.Select((chance, action) => chance * Rewards[action]).Sum();
            task.Credit = (float)(worth * 3);                                   // times the steps before
            double[] own = GradientOf(maml, task);
            for (int i = 0; i < 6; i++)
                found[i] -= p * own[i];
        }
        double[] expected = Differences(6, weights => Objective(weights));
        if (explores)
            Assert.All(Enumerable.Range(0, 6), i => Assert.Equal(expected[i], found[i], 1e-4));
        else
            Assert.True(Distance(expected, found) > 0.02, "without the term for exploration the gradient is another");

        static double Objective(float[] weights)
        {
            double sum = 0;
            double[] pi = Softmax(Logits(weights, 0));
            for (int a = 0; a < 27; a++)
            {
                int[] before = [a % 3, a / 3 % 3, a / 9];
                double[] step = Step(weights, before);
                double[] adapted = Softmax([step[0] + step[3], step[1] + step[4], step[2] + step[5]]);
                sum += pi[before[0]] * pi[before[1]] * pi[before[2]]
                    * adapted.Select((chance, action) => chance * Rewards[action]).Sum();
            }
            return sum;
        }

        static double[] Moved(int[] before) => Step(Weights, before);

        static double[] Step(float[] weights, int[] before)
        {
            double[] pi = Softmax(Logits(weights, 0)), moved = [.. weights.Take(6).Select(weight => (double)weight)];
            foreach (int taken in before)
            {
                for (int action = 0; action < 3; action++)
                {
                    double slope = Alpha / 3.0 * Rewards[taken] * ((action == taken ? 1 : 0) - pi[action]);
                    moved[action] += slope;
                    moved[3 + action] += slope;
                }
            }
            return moved;
        }
    }

    // MAML on the expected inner gradient: J(θ) = Σ_a π_θ′(a) R(a),  θ′ = θ + α ∇ Σ_a π_θ(a) R(a).
    [Theory]
    [InlineData(InnerLossKind.Published, false)]
    [InlineData(InnerLossKind.LikelihoodRatio, true)]
    [InlineData(InnerLossKind.Dice, true)]
    public void Of_one_step_the_likelihood_ratio_and_DiCE_have_no_bias_and_the_published_loss_has(
        InnerLossKind kind, bool exact)
    {
        using Maml maml = Made(kind, null);
        SetWeights(maml, 6);
        double[] pi = Softmax(Logits(Weights, 0)), moved = Step(Weights);
        double[] adapted = Softmax([moved[0] + moved[3], moved[1] + moved[4], moved[2] + moved[5]]);
        MamlTask task = maml.LastTasks[0];
        FillOneStep(task.Plays[0], [0, 1, 2], action => (float)(3 * pi[action] * Rewards[action]), pi);
        FillOneStep(task.Plays[1], [0, 1, 2], action => (float)(3 * adapted[action] * Rewards[action]), adapted);
        double[] found = [.. GradientOf(maml, task).Select(slope => -slope)];
        double[] expected = Differences(6, weights =>
        {
            double[] after = Step(weights);
            return Softmax([after[0] + after[3], after[1] + after[4], after[2] + after[5]])
                .Select((chance, action) => chance * Rewards[action]).Sum();
        });
        if (exact)
            Assert.All(Enumerable.Range(0, 6), i => Assert.Equal(expected[i], found[i], 1e-4));
        else
            Assert.True(Distance(expected, found) > 0.02, $"a bias of {Distance(expected, found)}");

        static double[] Step(float[] weights)
        {
            double[] pi = Softmax(Logits(weights, 0));
            double mean = pi.Select((chance, action) => chance * Rewards[action]).Sum();
            double[] after = [.. weights.Take(6).Select(weight => (double)weight)];
            for (int action = 0; action < 3; action++)
            {
                after[action] += Alpha * pi[action] * (Rewards[action] - mean);
                after[3 + action] += Alpha * pi[action] * (Rewards[action] - mean);
            }
            return after;
        }
    }

    // ---- two steps: action 1 leads from state 0 to state 1 and action 0 stays; all four ways are listed ----

    static readonly float[,] RewardsOfStates = { { 1, 0.2f }, { -1, 2 } };

    // J(θ) = the expected return of two steps after θ′ = θ + α ∇ (the same before).
    [Theory]
    [InlineData(InnerLossKind.Published, false)]
    [InlineData(InnerLossKind.LikelihoodRatio, false)]
    [InlineData(InnerLossKind.Dice, true)]
    public void Of_two_steps_DiCE_alone_has_no_bias(InnerLossKind kind, bool exact)
    {
        using var workers = new Workers(1);
        using var maml = new Maml(new TwoStates(), Options(kind, null, plays: 4), 1, workers);
        float[] weights = [.. Weights.Take(6)];
        SetWeights(maml, 6);
        MamlTask task = maml.LastTasks[0];
        double[] moved = Step(weights);
        FillTwoSteps(task.Plays[0], [.. weights.Select(weight => (double)weight)]);
        FillTwoSteps(task.Plays[1], moved);
        double[] found = [.. GradientOf(maml, task).Select(slope => -slope)];
        // The mean over the eight steps of four plays is a half of the sum over the steps of a play.
        double[] expected = [.. Differences(6, at => Value(Step(at))).Select(slope => slope / 2)];
        if (exact)
            Assert.All(Enumerable.Range(0, 6), i => Assert.Equal(expected[i], found[i], 1e-4));
        else
            Assert.True(Distance(expected, found) > 0.005, $"a bias of {Distance(expected, found)}");

        // A gradient of the mean over steps: half of that of the return.
        static double[] Step(float[] at)
        {
            double[] start = [.. at.Take(6).Select(weight => (double)weight)];
            double[] moved = [.. start];
            for (int i = 0; i < 6; i++)
            {
                const double h = 1e-5;
                double[] up = [.. start], down = [.. start];
                (up[i], down[i]) = (start[i] + h, start[i] - h);
                moved[i] += Alpha * (Value(up) - Value(down)) / (2 * h) / 2;
            }
            return moved;
        }
    }

    static double Value(double[] weights)
    {
        double sum = 0;
        foreach ((int first, int second) in Ways)
        {
            (double p, double q) = Chances(weights, first, second);
            sum += p * q * (RewardsOfStates[0, first] + RewardsOfStates[first, second]);
        }
        return sum;
    }

    static readonly (int First, int Second)[] Ways = [(0, 0), (0, 1), (1, 0), (1, 1)];

    static (double First, double Second) Chances(double[] weights, int first, int second)
    {
        double[] at0 = Softmax([weights[0] + weights[4], weights[1] + weights[5]]);
        double[] next = first == 0 ? at0 : Softmax([weights[2] + weights[4], weights[3] + weights[5]]);
        return (at0[first], next[second]);
    }

    // Each way once. Its advantages are its returns, times the plays and its probability.
    static void FillTwoSteps(Plays plays, double[] weights)
    {
        plays.T = 2;
        for (int k = 0; k < 4; k++)
        {
            (int first, int second) = Ways[k];
            (double p, double q) = Chances(weights, first, second);
            float times = (float)(4 * p * q), last = RewardsOfStates[first, second];
            Note(0, 0, first, p, times * (RewardsOfStates[0, first] + last), ends: false);
            Note(1, first, second, q, times * last, ends: true);

            void Note(int t, int state, int action, double chance, float advantage, bool ends)
            {
                int i = t * 4 + k;
                (plays.Rows[2 * i], plays.Rows[2 * i + 1]) = (state == 0 ? 1 : 0, state);
                (plays.Choices[i], plays.LogProbabilities[i]) = (action, (float)Math.Log(chance));
                (plays.Advantages[i], plays.Active[i], plays.Ends[i]) = (advantage, 1, ends ? 1 : 0);
            }
        }
    }

    // ---- what all share ----

    static void FillOneStep(Plays plays, int[] actions, Func<int, float> advantage, double[] chances)
    {
        plays.T = 1;
        for (int k = 0; k < actions.Length; k++)
        {
            (plays.Rows[k], plays.Choices[k], plays.Active[k], plays.Ends[k]) = (1, actions[k], 1, 1);
            (plays.Advantages[k], plays.LogProbabilities[k]) =
                (advantage(actions[k]), (float)Math.Log(chances[actions[k]]));
        }
    }

    static Maml Made(InnerLossKind kind, ExplorationScale? scale)
    {
        using var workers = new Workers(1);
        var task = new BernoulliBandits(new() { Arms = 3, Pulls = 1 });
        return new Maml(task, Options(kind, scale, plays: 3), 1, workers);
    }

    static MamlOptions Options(InnerLossKind kind, ExplorationScale? scale, int plays) => new()
    {
        Policy = new() { Layers = 0 },
        Tasks = 1,
        Shards = 1,
        Plays = plays,
        StepSize = Alpha,
        InnerLoss = kind,
        Exploration = scale is null ? 0 : 1,
        ExplorationScale = scale ?? default,
    };

    static double[] GradientOf(Maml maml, MamlTask task)
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        maml.Learn(tape, task);
        return [.. maml.Parameters.All.SelectMany(Found).Select(number => (double)number)];

        float[] Found(Parameter parameter) => tape.TryGradientOf(parameter, out Tensor gradient)
            ? gradient.ToArray() : new float[parameter.Value.Shape.Count];
    }

    static void SetWeights(Maml maml, int count)
    {
        int at = 0;
        foreach (Parameter parameter in maml.Parameters.All)
        {
            int length = (int)parameter.Value.Shape.Count;
            parameter.Value.CopyFrom(Weights.AsSpan(at, length));
            at += length;
        }
        Assert.Equal(count, at);
    }

    static double[] Logits(float[] weights, int state) =>
        [weights[state] + weights[3], weights[state + 1] + weights[4], weights[state + 2] + weights[5]];

    static double[] Softmax(double[] logits)
    {
        double[] powers = [.. logits.Select(Math.Exp)];
        return [.. powers.Select(power => power / powers.Sum())];
    }

    static double[] Differences(int count, Func<float[], double> objective)
    {
        double[] slopes = new double[count];
        for (int i = 0; i < count; i++)
        {
            const float h = 1f / 64;
            double At(float shift)
            {
                float[] moved = [.. Weights];
                moved[i] += shift;
                return objective(moved);
            }
            slopes[i] = (At(-2 * h) - 8 * At(-h) + 8 * At(h) - At(2 * h)) / (12 * h);
        }
        return slopes;
    }

    static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum());

    sealed class TwoStates : TaskDistribution
    {
        public override string Name => "two-states";
        public override ObservationSpace Observation => ObservationSpace.Discrete(2);
        public override ActionSpace Action => 2;
        public override int TrialLength => 2;
        public override Lanes CreateLanes(int count) => new TwoStep().CreateLanes(count);
    }
}
