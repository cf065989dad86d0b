using ILGPU;

namespace RLSquared.Gpu.Kernels;

/// <summary>Optimisers and what objectives need.</summary>
static class LearningKernels
{
    /// <summary>m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², w ← k w − a m / (b √v + ε).</summary>
    public static void Adam(float beta1, float beta2, float step, float correction, float epsilon, float keep,
        int count, ArrayView<float> g, ArrayView<float> m, ArrayView<float> v, ArrayView<float> w)
    {
        float other1 = 1f - beta1, other2 = 1f - beta2;
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            float slope = g[i];
            float first = beta1 * m[i] + other1 * slope, second = beta2 * v[i] + other2 * slope * slope;
            m[i] = first;
            v[i] = second;
            w[i] = keep * w[i] - step * first / (correction * Numbers.SquareRoot(second) + epsilon);
        }
    }

    /// <summary>
    /// factor[0] = what shortens a vector whose squares sum to total[0] to the limit; norm[0] = its length.
    /// </summary>
    public static void ClipFactor(float limit, ArrayView<float> total, ArrayView<float> factor, ArrayView<float> norm)
    {
        if (Place.First != 0)
            return;
        float length = Numbers.SquareRoot(total[0]);
        norm[0] = length;
        factor[0] = length > limit && length < float.PositiveInfinity ? limit / length : 1f;
    }

    /// <summary>x ← x · limit / norm[0], if the norm is finite and above the limit.</summary>
    public static void LimitByNorm(float limit, int count, ArrayView<float> norm, ArrayView<float> x)
    {
        float length = norm[0];
        if (!(length > limit && length < float.PositiveInfinity))
            return;
        float scale = limit / length;
        for (int i = Place.First; i < count; i += Place.Stride)
            x[i] *= scale;
    }

    /// <summary>x ← x cut to ±limit, if the norm is finite.</summary>
    public static void LimitByElement(float limit, int count, ArrayView<float> norm, ArrayView<float> x)
    {
        if (!(norm[0] < float.PositiveInfinity))
            return;
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            float v = x[i];
            x[i] = v > limit ? limit : v < -limit ? -limit : v;
        }
    }

    /// <summary>δ_t = r_t + d_t V_{t+1} − V_t and λ d_t, [T, N]; nothing follows the last step.</summary>
    public static void AdvantageTerms(float lambda, int count, int lanes, ArrayView<float> rewards,
        ArrayView<float> discounts, ArrayView<float> values, ArrayView<float> delta, ArrayView<float> factor)
    {
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            float next = i + lanes < count ? values[i + lanes] : 0f;
            delta[i] = rewards[i] + discounts[i] * next - values[i];
            factor[i] = lambda * discounts[i];
        }
    }

    /// <summary>
    /// For each group the sum of weight and of weight · (x − shift[0] / shift[1]) to the first or second power: y
    /// holds the sums of all groups, then their weights. Without a shift x itself is summed.
    /// </summary>
    public static void WeightedSums(int power, int count, ArrayView<float> x, ArrayView<float> weight,
        ArrayView<float> shift, ArrayView<float> y)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Place.MostThreads);
        float middle = shift.Length > 0 ? shift[0] / shift[1] : 0f, sum = 0, weights = 0;
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            float w = weight[i], d = x[i] - middle;
            sum += w * (power == 2 ? d * d : d);
            weights += w;
        }
        sum = Place.GroupSum(shared, sum);
        weights = Place.GroupSum(shared, weights);
        if (Group.IdxX == 0)
        {
            y[Grid.IdxX] = sum;
            y[Grid.DimX + Grid.IdxX] = weights;
        }
    }

    /// <summary>
    /// x ← weight · (x − mean) / (deviation + 10⁻⁸), from first = (Σ w x, Σ w) and second = (Σ w (x − mean)², Σ w).
    /// </summary>
    public static void Standardise(int count, ArrayView<float> first, ArrayView<float> second,
        ArrayView<float> weight, ArrayView<float> x)
    {
        float mean = first[0] / first[1];
        float scale = 1f / (Numbers.SquareRoot(second[0] / second[1]) + 1e-8f);
        for (int i = Place.First; i < count; i += Place.Stride)
            x[i] = weight[i] * (x[i] - mean) * scale;
    }

    /// <summary>
    /// Running mean and deviation, moments = (mean, mean of squares, weight so far, mean, deviation): the new sums
    /// enter with 1 − rate.
    /// </summary>
    public static void UpdateMoments(float rate, ArrayView<float> first, ArrayView<float> second,
        ArrayView<float> moments)
    {
        if (Place.First != 0)
            return;
        float mean = first[0] / first[1], square = second[0] / second[1] + mean * mean;
        float m = rate * moments[0] + (1f - rate) * mean, s = rate * moments[1] + (1f - rate) * square;
        float weight = rate * moments[2] + (1f - rate);
        moments[0] = m;
        moments[1] = s;
        moments[2] = weight;
        moments[3] = m / weight;
        float variance = s / weight - m / weight * (m / weight);
        moments[4] = Numbers.SquareRoot(variance > 0 ? variance : 0f) + 1e-6f;
    }

    /// <summary>
    /// y = (x − mean) / deviation, or backwards y = mean + deviation · x; both from moments[3] and [4].
    /// </summary>
    public static void ByMoments(int backwards, int count, ArrayView<float> moments, ArrayView<float> x,
        ArrayView<float> y)
    {
        float mean = moments[3], deviation = moments[4];
        for (int i = Place.First; i < count; i += Place.Stride)
            y[i] = backwards != 0 ? mean + deviation * x[i] : (x[i] - mean) / deviation;
    }

    /// <summary>
    /// The loss of proximal policy optimisation and the value's error at each row: dlogits and dvalue are the slopes
    /// of Σ weight · (−min(ratio A, clipped ratio A) + valueWeight (V − target)² − entropyWeight · entropy); sums
    /// holds for each row the terms policy, value, entropy, KL and clipped share. Logits [rows, actions].
    /// </summary>
    public static void ClippedObjective(int rows, int actions, float clip, float valueWeight, float entropyWeight,
        float weight, ArrayView<float> logits, ArrayView<int> taken, ArrayView<float> oldLogProbability,
        ArrayView<float> advantage, ArrayView<float> values, ArrayView<float> target, ArrayView<float> active,
        ArrayView<float> dlogits, ArrayView<float> dvalues, ArrayView<float> sums)
    {
        for (int row = Place.First; row < rows; row += Place.Stride)
        {
            long at = (long)row * actions;
            float most = float.NegativeInfinity;
            for (int c = 0; c < actions; c++)
                most = logits[at + c] > most ? logits[at + c] : most;
            float sum = 0;
            for (int c = 0; c < actions; c++)
                sum += Numbers.Exp(logits[at + c] - most);
            float logSum = most + Numbers.Log(sum), entropy = 0, w = weight * active[row];
            for (int c = 0; c < actions; c++)
            {
                float l = logits[at + c] - logSum;
                entropy -= Numbers.Exp(l) * l;
            }
            int action = taken[row];
            float logRatio = logits[at + action] - logSum - oldLogProbability[row];
            float ratio = Numbers.Exp(logRatio), a = advantage[row];
            float low = 1f - clip, high = 1f + clip;
            float bounded = ratio < low ? low : ratio > high ? high : ratio;
            float plain = ratio * a, cut = bounded * a;
            // The slope of −min(ratio A, clipped A) with respect to log π; ties go to the plain term.
            float slope = plain <= cut ? -plain * w : 0f;
            for (int c = 0; c < actions; c++)
            {
                float l = logits[at + c] - logSum, p = Numbers.Exp(l);
                float d = slope * ((c == action ? 1f : 0f) - p);
                d += entropyWeight * w * p * (l + entropy);
                dlogits[at + c] = d;
            }
            float error = values[row] - target[row];
            dvalues[row] = 2f * valueWeight * w * error;
            sums[row] = -(plain <= cut ? plain : cut) * w;
            sums[rows + row] = error * error * w;
            sums[2 * rows + row] = entropy * w;
            sums[3 * rows + row] = (ratio - 1f - logRatio) * w;
            sums[4 * rows + row] = bounded != ratio ? w : 0f;
        }
    }
}
