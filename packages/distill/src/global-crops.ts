/** Large crops, which come first and which the teacher sees. */
export const globalCrops = 2;
