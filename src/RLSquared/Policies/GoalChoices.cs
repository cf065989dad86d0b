using RLSquared.Tensors;

namespace RLSquared.Policies;

/// <summary>
/// The values of all choices at once. Who acts by them alone takes the choice of the largest and needs no network of
/// its own; nothing then stands between the values and what they are worth.
/// </summary>
/// <param name="input">What networks see and decide; an action is one choice.</param>
/// <param name="value">Q of states, goals and actions side by side, [n, 1].</param>
sealed class GoalChoices(GoalInput input, Func<Tensor, Tensor> value)
{
    readonly float[] all = OneHot(input.ActionWidth);                   // [A, A]
    volatile (int[] State, int[] Choice)[] pairs = [([], [])];          // of each question; grown, never changed

    /// <summary>Q(s, a, g) of all choices a, [N, A].</summary>
    /// <param name="state">[N, D].</param>
    /// <param name="goal">[N, G].</param>
    public Tensor Forward(Tensor state, Tensor goal)
    {
        int A = input.ActionWidth, N = state.Shape.Rows, questions = N * A;
        (int[] stateOf, int[] choiceOf) = pairs[0];
        if (stateOf.Length < questions)
        {
            (stateOf, choiceOf) = (new int[questions], new int[questions]);
            for (int q = 0; q < questions; q++)
                (stateOf[q], choiceOf[q]) = Math.DivRem(q, A);
            pairs = [(stateOf, choiceOf)];
        }
        Tape tape = state.Tape!;
        Indices states = tape.Arena.CopyIndices(stateOf.AsSpan(0, questions));
        Tensor actions = tape.Constant(new Shape(A, A), all)
            .GatherRows(tape.Arena.CopyIndices(choiceOf.AsSpan(0, questions)));
        return value(Tensor.Concatenate(state.GatherRows(states), goal.GatherRows(states), actions))
            .Reshape(new Shape(N, A));
    }

    /// <summary>max over a of Q(s, a, g), [N, 1].</summary>
    /// <param name="state">[N, D].</param>
    /// <param name="goal">[N, G].</param>
    public Tensor Best(Tensor state, Tensor goal) => Forward(state, goal).MaxOfColumns();

    static float[] OneHot(int choices)
    {
        float[] all = new float[choices * choices];
        for (int a = 0; a < choices; a++)
            all[a * choices + a] = 1;
        return all;
    }
}
