using RLSquared.Tensors;

namespace RLSquared.Objectives;

/// <summary>
/// What the losses of goal-conditioned learning are made of. All take columns [B, 1] and give columns: the caller takes
/// the mean.
/// </summary>
static class GoalObjectives
{
    /// <summary>
    /// −y ln σ(x) − (1 − y) ln(1 − σ(x)) = softplus(x) − y x, the cross entropy of a target y from 0 to 1 and a logit
    /// x. Its slope is σ(x) − y. Finite for every finite logit.
    /// </summary>
    /// <param name="logits">x, [B, 1].</param>
    /// <param name="targets">y, [B, 1].</param>
    public static Tensor CrossEntropy(Tensor logits, Tensor targets) => logits.Softplus() - targets * logits;

    /// <summary>
    /// The weight of an expectile: κ where the target is at least what is predicted, else 1 − κ. With κ above ½ a
    /// prediction is drawn upwards more than downwards, and so towards the best of its targets; ½ gives the mean. No
    /// gradient.
    /// </summary>
    /// <param name="predictions">[B, 1].</param>
    /// <param name="targets">[B, 1].</param>
    /// <param name="expectile">κ, from 0 to 1.</param>
    public static Tensor ExpectileWeight(Tensor predictions, Tensor targets, float expectile) =>
        Arithmetic.IsAtMost(predictions.Detach(), targets.Detach()) * (2 * expectile - 1) + (1 - expectile);

    /// <summary>The squared error with the weight of an expectile: |κ − 1(u &lt; 0)| u² for u = target − prediction.
    /// </summary>
    /// <param name="predictions">[B, 1].</param>
    /// <param name="targets">[B, 1].</param>
    /// <param name="expectile">κ, from 0 to 1.</param>
    public static Tensor ExpectileLoss(Tensor predictions, Tensor targets, float expectile) =>
        ExpectileWeight(predictions, targets, expectile) * (targets - predictions).Square();
}
